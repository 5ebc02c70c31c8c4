import { type CatalogName, feedOf, presentCatalogs, readCatalog } from '../../../relevance/src/catalogs.ts'
import { type Bench, CannotRun, type Goal, type Row, type Tools, UsageError, type Values } from '../bench.ts'
import { atMost } from '../gateway/goals.ts'
import { chosenOf, positive } from '../options.ts'
import { type Asked, askedOf } from '../search/asked.ts'
import { type Lag, measureLag } from '../search/lag.ts'
import { percentilesOf } from '../search/percentiles.ts'
import { builtRow, lagRows, type Measured, timedRow } from '../search/rows.ts'
import { openShop } from '../search/shop.ts'
import { type Held, hold } from '../search/stage.ts'

const CONTESTANTS = ['ours', 'minisearch', 'orama', 'sqlite', 'postgres'] as const
const REAL = 66_778
const GROWN = 1_000_000
const LAG_PRODUCTS = 5_000
const UPDATES = 200
const WHATS = ['results', 'typos', 'suggestions', 'everything'] as const
/** What the goals are about. */
const SEARCHED: readonly string[] = ['results', 'typos']

/** How long a search takes, what its index costs, and when a change is found. */
export const bench: Bench = {
  summary:
    'search results with facets, typos and suggestions while prices and stock change, beside other engines; and from commit to searchable',
  options: {
    products: { type: 'string' },
    grown: { type: 'string' },
    queries: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    'lag-products': { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean' },
  },
  help: `
  --products <n>      real products in every contestant, up to ${REAL} (all)
  --grown <n>         products of a set grown from them, for ours alone; 0: none (${GROWN})
  --queries <n>       of each kind, every round (60)
  --rounds <n>        in which the contestants take turns (3)
  --seconds <n>       of changes through the whole graph, from commit to searchable; 0: not at all (30)
  --lag-products <n>  products in that graph (${LAG_PRODUCTS})
  --only <list>       of ${CONTESTANTS.join(', ')}
  --quick             few of everything: whether it works, not how fast`,
  async run(values, tools) {
    if (process.platform !== 'linux') throw new UsageError('This bench reads memory from /proc: it needs Linux.')
    const [catalog] = presentCatalogs().toReversed()
    if (catalog !== 'computer-parts')
      throw new CannotRun('The real products are not at ../shared/data: nothing to measure with.')
    const settings = settingsOf(values)
    const asked = askedOf(await readCatalog(catalog, settings.products), settings.queries)
    const { rows, measured } = await timeAll(catalog, asked, settings, tools)
    const lag = settings.seconds > 0 ? await lagOf(catalog, settings, tools) : null
    return {
      results: [...rows, ...measured.map(timedRow), ...(lag ? lagRows(lag, settings.lagProducts) : [])],
      goals: goalsOf(measured, rows, lag),
    }
  },
}

type Settings = ReturnType<typeof settingsOf>

function settingsOf(values: Values) {
  const quick = values.quick === true
  return {
    products: upTo(values, 'products', 1, REAL) ?? (quick ? 3_000 : REAL),
    grown: upTo(values, 'grown', 0, 2_000_000) ?? (quick ? 6_000 : GROWN),
    queries: positive(values, 'queries') ?? (quick ? 10 : 60),
    rounds: positive(values, 'rounds') ?? (quick ? 1 : 3),
    seconds: upTo(values, 'seconds', 0, 600) ?? (quick ? 3 : 30),
    lagProducts: upTo(values, 'lag-products', 1, REAL) ?? (quick ? 300 : LAG_PRODUCTS),
    only: chosenOf(values, CONTESTANTS),
  }
}

function upTo(values: Values, name: string, least: number, most: number): number | null {
  const text = values[name]
  if (text === undefined) return null
  if (/^\d{1,7}$/.test(String(text)) && Number(text) >= least && Number(text) <= most) return Number(text)
  throw new UsageError(`Expected --${name} to be a whole number from ${least} to ${most}, got "${text}".`)
}

async function timeAll(catalog: CatalogName, asked: Asked, settings: Settings, tools: Tools) {
  const { products, grown, only } = settings
  const held: Held[] = []
  for (const contestant of only) held.push(await opened(contestant, products))
  const rows = held.map((one) => builtRow(one, asked.results.length))
  const measured = await rounds(held, asked, settings, tools)
  for (const one of held) await one.close()
  if (grown > 0 && only.includes('ours')) {
    const large = await opened('ours', grown)
    rows.push(builtRow(large, asked.results.length))
    measured.push(...(await rounds([large], asked, settings, tools)))
    await large.close()
  }
  return { rows, measured }

  async function opened(contestant: string, count: number): Promise<Held> {
    tools.signal.throwIfAborted()
    tools.progress(`${contestant}: ${count} products are indexed`)
    const one = await hold({ contestant, catalog, products: count, asked }, tools)
    const { buildSeconds, found, differing } = one.opened
    // The right answers in the grown set are not known.
    const right = count > products ? '' : `; ${found} of ${asked.results.length} queries found what was meant`
    const wrong = differing.length > 0 ? `; facets differ: ${differing.slice(0, 3).join(' | ')}` : ''
    tools.progress(`${contestant}: ${buildSeconds.toFixed(1)} s${right}${wrong}`)
    return one
  }
}

/** In each round every contestant answers everything once; the first round is for warming up and is not measured. */
async function rounds(held: readonly Held[], asked: Asked, settings: Settings, tools: Tools): Promise<Measured[]> {
  const all = new Map<string, Measured & { milliseconds: number[] }>()
  for (let round = 0; round <= settings.rounds; round++) {
    for (const what of WHATS) {
      const queries = asked[what].map((one) => (typeof one === 'string' ? one : one.query))
      for (const { name, opened, time } of held) {
        tools.signal.throwIfAborted()
        const started = performance.now()
        const { milliseconds, updates } = await time(what, queries, UPDATES)
        if (round === 0 || milliseconds.length === 0) continue
        const one = all.get(`${name} ${what}`) ?? {
          products: opened.documents,
          contestant: name,
          what,
          milliseconds: [],
          updates: 0,
          seconds: 0,
        }
        one.milliseconds.push(...milliseconds)
        one.updates += updates
        one.seconds += (performance.now() - started) / 1_000
        all.set(`${name} ${what}`, one)
        tools.progress(
          `round ${round}, ${name}, ${what}: p50 ${percentilesOf(milliseconds).p50} ms, p99 ${percentilesOf(milliseconds).p99} ms`,
        )
      }
    }
  }
  return [...all.values()]
}

async function lagOf(catalog: CatalogName, { seconds, lagProducts }: Settings, tools: Tools): Promise<Lag> {
  const shop = await openShop(feedOf(catalog), lagProducts, tools)
  tools.progress('warming up')
  await measureLag(shop, UPDATES, Math.min(seconds, 3), tools)
  const lag = await measureLag(shop, UPDATES, seconds, tools)
  tools.progress(
    `${UPDATES} changes/s: searchable after p50 ${percentilesOf([...lag.stock, ...lag.price]).p50} ms, ${lag.lost} lost, ${lag.failed} failed`,
  )
  return lag
}

/** Of the sizes that they are for; what was not measured has no value and is not met. */
function goalsOf(measured: readonly Measured[], rows: readonly Row[], lag: Lag | null): Goal[] {
  const times = (products: number) =>
    percentilesOf(
      measured.flatMap((one) =>
        one.contestant === 'ours' && one.products === products && SEARCHED.includes(one.what) ? one.milliseconds : [],
      ),
    )
  const lags = lag && [...lag.stock, ...lag.price]
  const ours = rows.filter(({ contestant, recounted }) => contestant === 'ours' && Number(recounted) > 0)
  return [
    atMost(
      5,
      `${REAL} products: results with facets, half of them with typos or more, p50 ms`,
      times(REAL).p50 ?? undefined,
    ),
    atMost(40, `${REAL} products: the same, p99 ms`, times(REAL).p99 ?? undefined),
    atMost(150, `${GROWN} products: the same, p99 ms`, times(GROWN).p99 ?? undefined),
    atMost(
      200,
      `${UPDATES} changes/s: from commit to searchable, p99 ms`,
      (lags && percentilesOf(lags).p99) ?? undefined,
    ),
    atMost(0, 'changes that were never found, or refused', lag ? lag.lost + lag.failed : undefined),
    atMost(
      0,
      'facets of ours that differ from a count of the hits',
      ours[0] && ours.reduce((sum, row) => sum + Number(row.differing), 0),
    ),
  ]
}
