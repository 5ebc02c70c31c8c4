import { type Bench, type Goal, type Row, type Tools, UsageError, type Values } from '../bench.ts'
import { type Browsed, browse } from '../checkout/browsing.ts'
import { type Demand, fillCarts, type Placed, placeAll, placeAtRate } from '../checkout/orders.ts'
import { type Stage, setStage } from '../checkout/stage.ts'
import { atLeast, atMost, below } from '../gateway/goals.ts'
import { positive } from '../options.ts'

const DEMANDS: readonly Demand[] = ['spread', 'one SKU']
const READERS = 4
/** Carts that are made before a slot, for each of its seconds: more than are ordered, unless it is to be quick. */
const CARTS_PER_SECOND = { usual: 400, quick: 60 }

/** How many orders the graph takes, how long a shopper waits for one, and what becomes of the pages when nobody can pay. */
export const bench: Bench = {
  summary: 'orders in a second and how long each takes, with everything running on this machine',
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    buyers: { type: 'string' },
    quick: { type: 'boolean' },
  },
  help: `
  --seconds <n>      of a slot (default 10)
  --rounds <n>       slots of each kind, in turn (default 3)
  --buyers <n>       who place orders at the same time, one after the other (default 32)
  --quick            one round of one second: whether it works, not how fast`,
  async run(values, tools) {
    if (process.platform !== 'linux')
      throw new UsageError('This bench reads processor time from /proc: it needs Linux.')
    const load = settings(values)
    const { seconds, rounds, buyers } = load
    const stage = await setStage(buyers + 100, tools)
    tools.progress('warming up')
    for (const demand of DEMANDS) await full(stage, demand, { ...load, seconds: Math.min(seconds, 5) }, tools)
    const slots = { spread: [] as Slot[], 'one SKU': [] as Slot[] }
    for (let round = 1; round <= rounds; round++) {
      for (const demand of DEMANDS) {
        const all = await full(stage, demand, load, tools)
        const half = await atHalf(stage, demand, all.perSecond / 2, seconds, tools)
        slots[demand].push({ ...all, half })
        tools.progress(`round ${round}, ${demand}: ${told(all)}; at half of that: ${told(half)}`)
      }
    }
    const browsed: Browsed[] = []
    for (let round = 1; round <= rounds; round++) {
      for (const provider of ['is not asked', 'answers', 'hangs'] as const) {
        const one = await browse(stage, provider, READERS, seconds, tools)
        browsed.push(one)
        tools.progress(
          `round ${round}, provider ${provider}: pages p50 ${one.p50Ms.toFixed(2)} ms, ${one.failed} failed`,
        )
      }
    }
    return {
      results: [...DEMANDS.flatMap((demand) => rowsOf(demand, slots[demand])), ...browsed.map(rowOf)],
      goals: goalsOf(slots, browsed),
    }
  },
}

/** A slot at full load, and one at half of what it did. */
interface Slot extends Placed {
  half: Placed
}

function settings(values: Values) {
  const quick = values.quick === true
  return {
    seconds: positive(values, 'seconds') ?? (quick ? 1 : 10),
    rounds: positive(values, 'rounds') ?? (quick ? 1 : 3),
    buyers: positive(values, 'buyers') ?? 32,
    cartsPerSecond: CARTS_PER_SECOND[quick ? 'quick' : 'usual'],
  }
}

async function full(stage: Stage, demand: Demand, load: ReturnType<typeof settings>, tools: Tools): Promise<Placed> {
  const { buyers, seconds, cartsPerSecond } = load
  const carts = await fillCarts(stage, demand, cartsPerSecond * seconds, buyers)
  return placeAll(stage, carts, buyers, seconds, tools)
}

async function atHalf(stage: Stage, demand: Demand, rate: number, seconds: number, tools: Tools): Promise<Placed> {
  const whole = Math.max(1, Math.floor(rate))
  const carts = await fillCarts(stage, demand, whole * seconds + 1, 16)
  return placeAtRate(stage, carts, whole, seconds, tools)
}

function told({ perSecond, p50Ms, p99Ms, failed, firstFailure }: Placed): string {
  const problems = failed > 0 ? `, ${failed} failed: ${firstFailure}` : ''
  return `${perSecond.toFixed(1)}/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms${problems}`
}

function rowsOf(demand: Demand, slots: readonly Slot[]): Row[] {
  return [
    row(demand, 'full', slots),
    row(
      demand,
      'half',
      slots.map(({ half }) => half),
    ),
  ]
}

function row(demand: Demand, load: string, slots: readonly Placed[]): Row {
  const rates = slots.map(({ perSecond }) => Math.round(perSecond))
  const roles = Object.keys(slots[0]?.cpu ?? {})
  const cpu = roles.map((role) => [`${role}Cpu`, rounded(middle(slots.map((slot) => slot.cpu[role] ?? 0)))])
  return {
    demand,
    load,
    ordersPerSecond: rounded(middle(slots.map(({ perSecond }) => perSecond))),
    range: [Math.min(...rates), Math.max(...rates)],
    p50Ms: rounded(middle(slots.map(({ p50Ms }) => p50Ms))),
    p99Ms: rounded(middle(slots.map(({ p99Ms }) => p99Ms))),
    omitted: sum(slots.map(({ omitted }) => omitted)),
    failed: sum(slots.map(({ failed }) => failed)),
    ...Object.fromEntries(cpu),
    note: 'medians over the rounds; full: buyers place one order after the other; half: orders are due evenly at half that rate, and timed from when they were due; Cpu: shares of one core, the bench among them',
  }
}

function rowOf({ provider, pagesPerSecond, p50Ms, p99Ms, failed, ordersPlaced }: Browsed): Row {
  return {
    paymentProvider: provider,
    pagesPerSecond: rounded(pagesPerSecond),
    p50Ms: rounded(p50Ms, 2),
    p99Ms: rounded(p99Ms, 2),
    failed,
    ordersPlaced,
    note: `product pages, ${READERS} at a time, while 20 orders a second are placed; "is not asked": while nobody orders`,
  }
}

function goalsOf(slots: Readonly<Record<Demand, readonly Slot[]>>, browsed: readonly Browsed[]): Goal[] {
  const { spread, 'one SKU': one } = slots
  const p50 = (provider: Browsed['provider']) =>
    middle(browsed.filter((slot) => slot.provider === provider).map(({ p50Ms }) => p50Ms))
  const all = [...spread, ...one].flatMap((slot) => [slot, slot.half])
  return [
    atLeast(200, 'spread: orders in a second', middle(spread.map(({ perSecond }) => perSecond))),
    atLeast(150, 'one SKU: orders in a second', middle(one.map(({ perSecond }) => perSecond))),
    below(500, 'spread, half load: p99 of placeOrder, ms', middle(spread.map(({ half }) => half.p99Ms))),
    below(500, 'one SKU, half load: p99 of placeOrder, ms', middle(one.map(({ half }) => half.p99Ms))),
    below(
      1.1,
      'pages while the payment provider hangs: p50 as a multiple of that while it answers',
      p50('hangs') / p50('answers'),
    ),
    atMost(0, 'orders and pages that failed', sum([...all, ...browsed].map(({ failed }) => failed))),
  ]
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}
