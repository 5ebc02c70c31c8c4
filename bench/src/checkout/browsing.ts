import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { CannotRun, type Tools } from '../bench.ts'
import { fillCarts, percentiles, placeAtRate } from './orders.ts'
import type { Stage } from './stage.ts'

/** How pages were answered while nobody ordered, or orders were placed and the payment provider answered or did not. */
export interface Browsed {
  provider: 'is not asked' | 'answers' | 'hangs'
  pages: number
  pagesPerSecond: number
  p50Ms: number
  p99Ms: number
  failed: number
  ordersPlaced: number
}

/** Orders in a second meanwhile: few enough for every machine that the bench is for. */
const ORDERS_PER_SECOND = 20
const RECOVERY_LIMIT_MS = 90_000

const PAGE = `query Page($id: ID!) { product(id: $id) { title description variants(first: 20) { nodes {
  sku title options { name value } price { money { amount currencyCode } compareAt { amount } } availability { status } } } } }`

/** Opens product pages, so many at a time, while orders are placed or not. When the provider hangs, nothing can be written into its books. */
export async function browse(
  stage: Stage,
  provider: Browsed['provider'],
  readers: number,
  seconds: number,
  tools: Tools,
): Promise<Browsed> {
  const { client, databaseUrl, productIds } = stage
  const rate = provider === 'is not asked' ? 0 : ORDERS_PER_SECOND
  const carts = await fillCarts(stage, 'spread', rate * seconds, readers)
  const release = provider === 'hangs' ? await lockBooks(databaseUrl) : async () => {}
  const took: number[] = []
  let [failed, n] = [0, 0]
  const began = performance.now()
  const end = began + seconds * 1_000
  const read = async (): Promise<void> => {
    while (performance.now() < end && !tools.signal.aborted) {
      const at = performance.now()
      const { data, error } = await client.ask(PAGE, { id: productIds[n++ % productIds.length] })
      if (data?.product && !error) took.push(performance.now() - at)
      else failed++
    }
  }
  const ordering = placeAtRate(stage, carts, rate, seconds, tools)
  try {
    await Promise.all(Array.from({ length: readers }, read))
  } finally {
    await release()
  }
  const elapsed = (performance.now() - began) / 1_000
  const { orders } = await ordering
  if (provider === 'hangs') await untilPaid(stage)
  return {
    provider,
    pages: took.length,
    pagesPerSecond: took.length / elapsed,
    ...percentiles(took),
    failed,
    ordersPlaced: orders,
  }
}

async function lockBooks(databaseUrl: string): Promise<() => Promise<void>> {
  const holder = new pg.Client(databaseUrl)
  await holder.connect()
  await holder.query('begin; lock table local_payment in exclusive mode')
  return () => holder.end()
}

/** Waits until an order can be paid again and nothing of before is under way. */
async function untilPaid(stage: Stage): Promise<void> {
  const watcher = new pg.Client(stage.databaseUrl)
  await watcher.connect()
  try {
    for (const end = performance.now() + RECOVERY_LIMIT_MS; performance.now() < end; ) {
      const { rows } = await watcher.query<{ open: string }>(
        `select count(*) as open from attempt where phase not in ('done', 'failed')`,
      )
      if (rows[0]?.open === '0' && (await canPay(stage))) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } finally {
    await watcher.end()
  }
  throw new CannotRun(`${RECOVERY_LIMIT_MS / 1_000} s after payments were possible again, orders were not.`)
}

async function canPay(stage: Stage): Promise<boolean> {
  // Where nobody can order, a cart cannot be had either.
  const [cartId] = await fillCarts(stage, 'one SKU', 1, 1).catch(() => [])
  if (cartId === undefined) return false
  const input = { cartId, idempotencyKey: randomUUID(), paymentToken: 'tok_ok' }
  const { data } = await stage.client.ask(
    'mutation Try($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }',
    { input },
  )
  return data?.placeOrder?.__typename === 'OrderPlaced'
}
