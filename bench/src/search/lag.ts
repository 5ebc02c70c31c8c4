import { randomUUID } from 'node:crypto'
import type { Tools } from '../bench.ts'
import { everySoOften } from '../load/pace.ts'
import { now } from '../propagation/watching.ts'
import { type Shop, WATCHED_CATEGORY } from './shop.ts'

/** How long changes took from their commit to a search that answers by them, in milliseconds. */
export interface Lag {
  changesPerSecond: number
  stock: readonly number[]
  price: readonly number[]
  searches: number
  /** Changes that no search showed within ten seconds, that were due while too many were on their way, and that were refused. */
  lost: number
  omitted: number
  failed: number
}

type What = 'stock' | 'price'

/** A change of a watched SKU: what a search must show, and when that was first so. */
interface Pending {
  shown: boolean
  seenAt: number | null
}

const SEARCH = `query ($slug: String!) {
  stock: search(filters: { categorySlugs: [$slug], inStock: true }, first: 100) { nodes { id } }
  price: search(filters: { categorySlugs: [$slug], priceMin: "500", currency: "USD" }, first: 100) { nodes { id } }
}`
const STOCK =
  'mutation ($input: StockSetInput!) { stockSet(input: $input) { stock { version } userErrors { message } } }'
const PRICE = 'mutation ($input: PriceSetInput!) { priceSet(input: $input) { variant { sku } userErrors { message } } }'
const COMMITTED = {
  stock: 'select extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at from stock where sku = $1',
  price: `select extract(epoch from pg_xact_commit_timestamp(price.xmin))::float8 * 1000 as at
          from price join variant on variant.id = price.variant_id where sku = $1`,
} as const

const SEEN_WITHIN_MS = 10_000
const MAX_CHANGING = 64
const PAUSE_MS = 1
/** Of so many changes one is of a watched SKU. */
const WATCHED_EVERY = 10

/** Changes prices and stock so often in a second, one after the other, while a shopper without a token searches by both again and again. */
export async function measureLag(shop: Shop, rate: number, seconds: number, { signal }: Tools): Promise<Lag> {
  const { shopper, staff, watched, skus, shown } = shop
  const lag = { stock: [] as number[], price: [] as number[] }
  const pending = new Map<string, Pending>()
  const free = [...watched.keys()].flatMap((sku) => [`stock ${sku}`, `price ${sku}`])
  let [searches, lost, omitted, failed, next] = [0, 0, 0, 0, 0]
  const changing = new Set<Promise<void>>()
  let isDone = false

  const reading = (async () => {
    while (!isDone) {
      const { data } = await shopper.ask(SEARCH, { slug: WATCHED_CATEGORY })
      const at = now()
      if (!data?.stock || !data.price) continue
      searches++
      for (const [key, change] of pending) {
        const [what, sku] = key.split(' ') as [What, string]
        const nodes: readonly ({ id: string } | null)[] = data[what].nodes
        const isShown = nodes.some((node) => node?.id === watched.get(sku))
        if (isShown === change.shown) change.seenAt ??= at
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  })()

  const send = async (what: What, sku: string, high: boolean, n: number): Promise<boolean> => {
    const price = { amount: high ? '1000.00' : `${10 + (n % 100)}.00`, currencyCode: 'USD' }
    const { data } =
      what === 'stock'
        ? await staff.ask(STOCK, { input: { sku, onHand: high ? 5 + (n % 100) : 0, idempotencyKey: randomUUID() } })
        : await staff.ask(PRICE, { input: { sku, price } })
    return Boolean(data?.stockSet?.stock ?? data?.priceSet?.variant)
  }

  const watchedChange = async (key: string, n: number): Promise<void> => {
    const [what, sku] = key.split(' ') as [What, string]
    const change: Pending = { shown: !(shown.get(key) ?? false), seenAt: null }
    pending.set(key, change)
    if (await send(what, sku, change.shown, n)) {
      shown.set(key, change.shown)
      const database = what === 'stock' ? shop.inventory : shop.catalog
      const committedAt: number = (await database.query(COMMITTED[what], [sku])).rows[0].at
      for (const end = now() + SEEN_WITHIN_MS; change.seenAt === null && now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      if (change.seenAt === null) lost++
      else lag[what].push(Math.max(0, change.seenAt - committedAt))
    } else failed++
    pending.delete(key)
    free.push(key)
  }

  const otherChange = async (n: number): Promise<void> => {
    const sku = skus[(n * 7919) % skus.length] as string
    if (!(await send(n % 2 === 0 ? 'stock' : 'price', sku, n % 3 === 0, n))) failed++
  }

  const stop = everySoOften(rate, () => {
    const n = next++
    const key = n % WATCHED_EVERY === 0 ? free.shift() : undefined
    if (changing.size >= MAX_CHANGING || (n % WATCHED_EVERY === 0 && !key)) {
      omitted++
      if (key) free.push(key)
      return
    }
    const sent = key ? watchedChange(key, n) : otherChange(n)
    changing.add(sent)
    void sent.finally(() => changing.delete(sent))
  })
  try {
    for (const end = now() + seconds * 1_000; now() < end; ) {
      signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  } finally {
    stop()
  }
  await Promise.all(changing)
  isDone = true
  await reading
  return { changesPerSecond: rate, ...lag, searches, lost, omitted, failed }
}
