import { randomUUID } from 'node:crypto'
import type { Tools } from '../bench.ts'
import { everySoOften } from '../load/pace.ts'
import { cpuByRole, sharesOf } from '../processes/roles.ts'
import type { Stage } from './stage.ts'

/** What is wanted: many SKUs, one to three in an order, or all the same one. */
export type Demand = 'spread' | 'one SKU'

/** What came of orders that were placed for some seconds. Times in milliseconds. */
export interface Placed {
  orders: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Answers that were no order, and requests without an answer. */
  failed: number
  firstFailure: string | null
  /** Orders that were due while too many were on their way. */
  omitted: number
  /** Processor time as a share of one core, by what used it. */
  cpu: Record<string, number>
}

const MOST_PENDING = 500
const CART = `mutation Cart($input: CartCreateInput!) { cartCreate(input: $input) { cart { id } userErrors { code } } }`
const PLACE = `mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename ... on OrderPlaced { order { number } } } }`

/** Makes carts that are ready to be ordered. */
export async function fillCarts(stage: Stage, demand: Demand, many: number, atOnce: number): Promise<string[]> {
  const carts: string[] = []
  let begun = 0
  const fill = async (): Promise<void> => {
    while (begun < many) {
      const lines = linesFor(stage, demand, begun++)
      const { data, error } = await stage.client.ask(CART, { input: { lines } })
      const id = data?.cartCreate?.cart?.id
      if (!id) throw new Error(`A cart could not be made: ${error ?? JSON.stringify(data)}`)
      carts.push(id)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, fill))
  return carts
}

function linesFor({ skus }: Stage, demand: Demand, n: number): { sku: string; quantity: number }[] {
  const sku = (at: number) => skus[(n * 7 + at * 31) % skus.length] as string
  if (demand === 'one SKU') return [{ sku: skus[0] as string, quantity: 1 }]
  return Array.from({ length: 1 + (n % 3) }, (_, i) => ({ sku: sku(i), quantity: 1 + ((n + i) % 2) }))
}

/** A closed loop: so many buyers place orders of carts, one after the other, until it is time or the carts are used up. */
export function placeAll(
  stage: Stage,
  carts: string[],
  buyers: number,
  seconds: number,
  tools: Tools,
): Promise<Placed> {
  return measured(async (place) => {
    const end = performance.now() + seconds * 1_000
    const buy = async (): Promise<void> => {
      for (let cart = carts.pop(); cart !== undefined && performance.now() < end; cart = carts.pop()) {
        tools.signal.throwIfAborted()
        await place(cart, performance.now())
      }
    }
    await Promise.all(Array.from({ length: buyers }, buy))
    return 0
  }, stage)
}

/** An open loop: orders at a rate, evenly, whether or not earlier ones were answered; each is as late as its answer is after it was due. */
export function placeAtRate(
  stage: Stage,
  carts: string[],
  rate: number,
  seconds: number,
  { signal }: Tools,
): Promise<Placed> {
  return measured(async (place) => {
    const pending = new Set<Promise<void>>()
    let omitted = 0
    const began = performance.now()
    let due = 0
    const stop = everySoOften(rate, () => {
      const at = began + (due++ * 1_000) / rate
      const cart = pending.size < MOST_PENDING ? carts.pop() : undefined
      if (cart === undefined) {
        omitted++
        return
      }
      const placed = place(cart, at).finally(() => pending.delete(placed))
      pending.add(placed)
    })
    while (performance.now() < began + seconds * 1_000 && !signal.aborted) await rest(20)
    stop()
    await Promise.all(pending)
    signal.throwIfAborted()
    return omitted
  }, stage)
}

async function measured(
  run: (place: (cartId: string, from: number) => Promise<void>) => Promise<number>,
  { client }: Stage,
): Promise<Placed> {
  const took: number[] = []
  let [failed, firstFailure] = [0, null as string | null]
  const before = cpuByRole(process.pid)
  const began = performance.now()
  const omitted = await run(async (cartId, from) => {
    const input = { cartId, idempotencyKey: randomUUID(), paymentToken: 'tok_ok' }
    const { data, error } = await client.ask(PLACE, { input })
    const type = data?.placeOrder?.__typename
    if (type === 'OrderPlaced') took.push(performance.now() - from)
    else {
      failed++
      firstFailure ??= error ?? type ?? 'no answer'
    }
  })
  const seconds = (performance.now() - began) / 1_000
  return {
    orders: took.length,
    perSecond: took.length / seconds,
    ...percentiles(took),
    failed,
    firstFailure,
    omitted,
    cpu: sharesOf(before, cpuByRole(process.pid), seconds),
  }
}

/** The median and the 99th percentile; 0 of nothing. */
export function percentiles(values: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
