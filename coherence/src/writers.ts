import { subjectOf } from '@commerce/events/subject.ts'
import { pick, type Random } from '@commerce/local/shop/random.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import type { Answer, Client } from '../../bench/src/load/client.ts'
import { type Goods, type Product, stockStatus, type Variant } from './goods.ts'
import type { Fact, GatewayIndex, Ledger } from './ledger.ts'
import { count, type Tally } from './tally.ts'

export interface WriterOptions {
  goods: Goods
  ledger: Ledger
  tally: Tally
  clients: readonly [Client, Client]
  random: Random
  /** Changes of prices, stock and titles in a second, as far as the shop keeps up. */
  perSecond: number
}

const MOST_AT_ONCE = 32
const LIST_EVERY_MS = 400

const PRICE_SET = `mutation Price($input: PriceSetInput!) { priceSet(input: $input) {
  variant { price { version money { minorUnits } } } userErrors { code message }
} }`
const STOCK_SET = `mutation Count($input: StockSetInput!) { stockSet(input: $input) {
  stock { version available } userErrors { code message }
} }`
const STOCK_ADJUST = `mutation Adjust($input: StockAdjustInput!) { stockAdjust(input: $input) {
  stock { version available } userErrors { code message }
} }`
const UPSERT = `mutation Change($input: ProductUpsertInput!) { productUpsert(input: $input) {
  product { id title version } userErrors { code message }
} }`

/** Changes the shop through both gateways until the returned function is called; resolves when what was begun has ended. */
export function startWriters(options: WriterOptions): () => Promise<void> {
  const { goods, ledger, tally, clients, random } = options
  const busy = new Set<Fact>()
  const running = new Set<Promise<void>>()
  let stopping = false
  let counter = 1_000

  /** Sends a mutation through a gateway. What it answers is no older than all that was acknowledged before it was sent. */
  async function write(
    facts: readonly Fact[],
    query: string,
    input: object,
    read: (answer: Answer) => { version: number; values: readonly string[]; token?: Fact['token'] } | null,
    gateway: GatewayIndex = random() < 0.5 ? 0 : 1,
  ): Promise<Answer> {
    const run = ledger.runs[gateway] as number
    const before = facts.map(({ any }) => any)
    const sentAt = performance.now()
    const answer = await clients[gateway].ask(query, { input })
    tally.writes++
    const got = answer.error || !answer.data ? null : read(answer)
    if (answer.error) count(tally.writeErrors, answer.error)
    if (!got) return answer
    facts.forEach((fact, i) => {
      const floor = before[i] as number
      const { version } = got
      if (version < floor) {
        const violation = { reader: 'writer', shape: 'mutation', expected: `version ${floor} or later` } as const
        tally.violate({ ...violation, got: `version ${version}` }, { gateway, fact, sentAt })
      }
      ledger.acknowledged(gateway, run, fact, version, got.values[i] as string, got.token ?? [fact.name, version])
    })
    return answer
  }

  function setPrice({ sku, price }: Variant): Promise<unknown> {
    const input = { sku, price: { amount: (++counter / 100).toFixed(2), currencyCode: 'EUR' } }
    return write([price], PRICE_SET, input, ({ data }) => {
      const now = data.priceSet.variant?.price
      return now ? { version: now.version, values: [String(now.money.minorUnits)] } : null
    })
  }

  function changeStock({ sku, stock, units }: Variant): Promise<unknown> {
    const name = { sku, idempotencyKey: `${++counter} ${sku}` }
    const adjusts = random() < 0.5
    const onHand = counter % 3 === 0 ? counter % 7 : counter
    const input = adjusts ? { ...name, delta: 1 + (counter % 3), reason: 'counted' } : { ...name, onHand }
    return write([stock, units], adjusts ? STOCK_ADJUST : STOCK_SET, input, ({ data }) => {
      const now = (data.stockAdjust ?? data.stockSet).stock
      return now ? { version: now.version, values: [stockStatus(now.available), String(now.available)] } : null
    })
  }

  function rename({ id, fact }: Product): Promise<unknown> {
    return write([fact], UPSERT, { id, title: `Product, ${++counter}th title` }, ({ data }) => {
      const now = data.productUpsert.product
      return now ? { version: now.version, values: [now.title] } : null
    })
  }

  /** Nothing is changed twice at a time, so that a change's answer is about itself. */
  function begin(fact: Fact, work: () => Promise<unknown>): void {
    if (busy.has(fact) || running.size >= MOST_AT_ONCE) return
    busy.add(fact)
    const done = work().then(() => {
      busy.delete(fact)
      running.delete(done)
    })
    running.add(done)
  }

  function change(): void {
    const die = random()
    const variant = pick(random, goods.variants)
    if (die < 0.05) {
      const product = pick(random, goods.products)
      begin(product.fact, () => rename(product))
    } else if (die < 0.55) begin(variant.price, () => setPrice(variant))
    else begin(variant.stock, () => changeStock(variant))
  }

  const started = performance.now()
  let begun = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1_000) * options.perSecond
    for (; begun < due; begun++) change()
  }, 10)

  async function create(number: number): Promise<void> {
    const title = `${goods.created.title}${number}`
    await write([goods.created.fact], UPSERT, { title, variants: [{ sku: title }] }, ({ data }) => {
      const { id, version } = data.productUpsert.product ?? {}
      if (!id) return null
      const subject = subjectOf('catalog.product.changed', uuidFrom(id, 'Product') as string)
      return { version: number, values: [title], token: [subject, version] }
    })
  }

  // One after the other, and each until its end is known: so the order of the list after each of them is, too.
  const versions = new Map(goods.sorted.variants.map(({ sku, price }) => [sku, price.any]))
  const order = new Map(goods.sorted.variants.map(({ sku }, i) => [sku, 1_000 * (i + 1)]))
  async function reorder(number: number): Promise<void> {
    const { fact, variants } = goods.sorted
    const { sku, price } = pick(random, variants)
    const minorUnits = 100_000 + Math.floor(random() * 1e6) * 1_000 + (number % 1_000)
    order.set(sku, minorUnits)
    const sorted = [...order].sort(([, a], [, b]) => a - b).map(([sku]) => sku)
    const list = sorted.join()
    fact.values.set(number, list)
    const expectedVersion = versions.get(sku) as number
    const input = { sku, price: { amount: (minorUnits / 100).toFixed(2), currencyCode: 'EUR' }, expectedVersion }
    for (;;) {
      const gateway = random() < 0.5 ? 0 : 1
      const run = ledger.runs[gateway] as number
      const { data, error } = await write(
        [price],
        PRICE_SET,
        input,
        ({ data }) => {
          const now = data.priceSet.variant?.price
          if (!now) return null
          const token = [price.name, now.version] as const
          ledger.acknowledged(gateway, run, fact, number, list, token)
          return { version: now.version, values: [String(now.money.minorUnits)], token }
        },
        gateway,
      )
      const done = error === null && data?.priceSet
      // A conflict: it was done by a try whose answer did not come. Nobody was told, so nobody may rely on it yet.
      if (done) versions.set(sku, expectedVersion + 1)
      if (done || stopping) return
      await pause(100)
    }
  }

  const lists = (async () => {
    for (let number = 1; !stopping; number++) {
      await Promise.all([create(number), reorder(number + 1)])
      await pause(LIST_EVERY_MS)
    }
  })()

  return async () => {
    stopping = true
    clearInterval(timer)
    await Promise.all([...running, lists])
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
