import { seeded } from '@commerce/local/shop/random.ts'
import { type Catalog, readCatalog } from '../../../relevance/src/catalogs.ts'
import { type Contestant, countOf } from '../../../relevance/src/contestants/contestant.ts'
import { contestants } from '../../../relevance/src/contestants/contestants.ts'
import type { Ours } from '../../../relevance/src/contestants/ours.ts'
import { everySoOften } from '../load/pace.ts'
import { answerParent } from '../processes/messages.ts'
import type { Wanted } from './asked.ts'
import { grown } from './grown.ts'
import type { Ask, Opened, Timed } from './messages.ts'

// Holds one contestant in a process of its own, so that memory and processor time are its own.

const PAGE = 24
const SUGGESTIONS = 8
/** Lists up to this long are counted again. */
const RECOUNTABLE = 100

let contestant: Contestant | undefined
let skus: string[] = []
let version = 1
const random = seeded(7)

async function open(ask: Extract<Ask, { kind: 'open' }>): Promise<Opened> {
  const whole = await readCatalog(ask.catalog)
  const documents = ask.products
  const isGrown = documents > whole.documents.length
  const catalog = isGrown ? whole : await readCatalog(ask.catalog, documents)
  const before = memory()
  const started = performance.now()
  let buildMs = 0
  if (isGrown || ask.contestant === 'ours') {
    const ours = (await import('../../../relevance/src/contestants/ours.ts')).createOurs()
    for (const part of grown(catalog, documents)) {
      const from = performance.now()
      await ours.add(part)
      buildMs += performance.now() - from
    }
    contestant = ours
  } else {
    contestant = await (await contestants[ask.contestant as keyof typeof contestants]())(catalog)
    buildMs = performance.now() - started
  }
  skus = catalog.documents.flatMap(({ variants }) => variants.map(({ sku }) => sku))
  // In the grown catalog there are further right answers that nobody listed, and brands of products that are not kept here.
  const compared = isGrown ? { found: 0, recounted: 0, differing: [] } : await compare(contestant, catalog, ask.compare)
  return {
    documents,
    buildSeconds: buildMs / 1_000,
    indexMb: contestant.bytes ? contestant.bytes() / 2 ** 20 : memory() - before,
    ...compared,
  }
}

async function compare({ page }: Contestant, { documents }: Catalog, queries: readonly Wanted[]) {
  const brandOf = new Map(documents.map(({ productId, brand }) => [productId, brand ?? '']))
  let [found, recounted] = [0, 0]
  const differing: string[] = []
  for (const { query, productIds } of queries) {
    const answer = await page?.(query, RECOUNTABLE)
    if (!answer) continue
    if (answer.ids.slice(0, PAGE).some((id) => productIds.includes(id))) found++
    if (answer.totalCount > RECOUNTABLE) continue
    recounted++
    const brands = countOf(answer.ids, (id) => brandOf.get(id) ?? '')
    const isWrong = Object.entries(answer.facets.brand).some(([brand, count]) => count > 0 && brands[brand] !== count)
    if (isWrong || answer.ids.length !== answer.totalCount) differing.push(query)
  }
  return { found, recounted, differing }
}

async function time({ what, queries, updatesPerSecond }: Extract<Ask, { kind: 'time' }>): Promise<Timed> {
  if (!contestant) throw new Error('Expected a contestant to be opened first.')
  const { page, suggest } = contestant
  const act =
    what === 'suggestions'
      ? suggest && ((text: string) => suggest(text, SUGGESTIONS))
      : page && ((text: string) => page(text, PAGE))
  if (!act || (what === 'everything' && !('apply' in contestant))) return { milliseconds: [], updates: 0 }
  let updates = 0
  const ours = 'apply' in contestant ? (contestant as Ours) : null
  const stop = everySoOften(ours ? updatesPerSecond : 0, () => {
    updates++
    void ours?.apply(update())
  })
  const milliseconds: number[] = []
  for (const query of queries) {
    const from = performance.now()
    // Changes that are due come first: who searches waits for them, and that is part of the time.
    await new Promise((resolve) => setImmediate(resolve))
    await act(query)
    milliseconds.push(performance.now() - from)
  }
  stop()
  return { milliseconds, updates }
}

/** A new price or a new count of a product. */
function update() {
  const sku = skus[Math.floor(random() * skus.length)] as string
  version++
  if (random() < 0.5) {
    const money = { minorUnits: 100 + Math.floor(random() * 100_000), compareAtMinorUnits: null, currencyCode: 'USD' }
    return { prices: [{ sku, version, money }] }
  }
  const available = Math.floor(random() * 3)
  return { stocks: [{ sku, version, available, sellable: available > 0 }] }
}

function memory(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

answerParent<Ask, Opened | Timed>((ask) => (ask.kind === 'open' ? open(ask) : time(ask)))
