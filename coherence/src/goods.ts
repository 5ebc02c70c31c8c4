import { subjectOf } from '@commerce/events/subject.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import type { Client } from '../../bench/src/load/client.ts'
import type { Fact, Ledger } from './ledger.ts'

/** What the shop has, with what is known of it. */
export interface Goods {
  products: Product[]
  variants: Variant[]
  /** The list of a brand's products by price, and the one writer's order of it after each write. */
  sorted: { brand: string; fact: Fact; variants: Variant[] }
  /** The list of what was created lately; its versions are the numbers of the products, which follow `title`. */
  created: { title: string; fact: Fact }
}

export interface Product {
  id: string
  fact: Fact
  variants: Variant[]
}

export interface Variant {
  sku: string
  price: Fact
  /** What shoppers see of the stock, and what staff does: the same versions. */
  stock: Fact
  units: Fact
}

const VARIANTS_EACH = 4
const SORTED_PRODUCTS = 8

const UPSERT = `mutation Create($input: ProductUpsertInput!) { productUpsert(input: $input) {
  product { id title version variants(first: 20) { nodes { sku price { version money { minorUnits } } } } }
  userErrors { message }
} }`
const STOCK_SET = `mutation Count($input: StockSetInput!) { stockSet(input: $input) {
  stock { version available } userErrors { message }
} }`

/**
 * Brings about so many SKUs into a shop, and eight more that are only sorted. The seed is in all names: what another seed brought there
 * before stays by itself. Throws when the shop refuses.
 */
export async function stockShelves(client: Client, ledger: Ledger, skus: number, seed: number): Promise<Goods> {
  const products = await someAtOnce(Math.ceil(skus / VARIANTS_EACH), (n) => {
    // Real SKUs have characters that mean something in a subject.
    const own = Array.from({ length: VARIANTS_EACH }, (_, i) => `SKU.${seed}.${n} size ${i}`)
    return createProduct(client, ledger, `Product ${seed}.${n}`, own)
  })
  const variants = products.flatMap((product) => product.variants)
  const brand = `Sorted ${seed}`
  const eight = await someAtOnce(SORTED_PRODUCTS, (n) =>
    createProduct(client, ledger, `${brand}.${n}`, [`sorted-${seed}.${n}`], brand, 1_000 * (n + 1)),
  )
  const sorted = eight.flatMap((product) => product.variants)
  const counted = [...variants, ...sorted]
  await someAtOnce(counted.length, (n) => firstCount(client, ledger, counted[n] as Variant))
  const byPrice = ledger.fact('products by price')
  ledger.acknowledged(0, 0, byPrice, 1, sorted.map(({ sku }) => sku).join())
  return {
    products,
    variants,
    sorted: { brand, fact: byPrice, variants: sorted },
    created: { title: `Created ${seed}.`, fact: ledger.fact('newest products') },
  }
}

/** Makes so many, few enough at once that a cold shop answers each in time. */
async function someAtOnce<T>(many: number, make: (n: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  while (made.length < many) {
    const length = Math.min(4, many - made.length)
    made.push(...(await Promise.all(Array.from({ length }, (_, i) => make(made.length + i)))))
  }
  return made
}

async function firstCount(client: Client, ledger: Ledger, { sku, stock, units }: Variant): Promise<void> {
  const { data, error } = await client.ask(STOCK_SET, { input: { sku, onHand: 10, idempotencyKey: `first ${sku}` } })
  const { version } = data?.stockSet?.stock ?? refused('stockSet', error, data)
  ledger.acknowledged(0, 0, stock, version, stockStatus(10))
  ledger.acknowledged(0, 0, units, version, '10')
}

async function createProduct(
  client: Client,
  ledger: Ledger,
  title: string,
  skus: readonly string[],
  brand?: string,
  minorUnits = 1_000,
): Promise<Product> {
  const price = { amount: (minorUnits / 100).toFixed(2), currencyCode: 'EUR' }
  const variants = skus.map((sku, i) => ({ sku, options: [{ name: 'Size', value: String(i) }], price }))
  const { data, error } = await client.ask(UPSERT, { input: { title, brand, variants } })
  const product = data?.productUpsert?.product ?? refused('productUpsert', error, data)
  const fact = ledger.fact(subjectOf('catalog.product.changed', uuidFrom(product.id, 'Product') as string))
  ledger.acknowledged(0, 0, fact, product.version, title)
  return {
    id: product.id,
    fact,
    variants: skus.map((sku) => {
      const price = ledger.fact(subjectOf('catalog.price.changed', sku))
      const stock = subjectOf('inventory.stock.changed', sku)
      const made = product.variants.nodes.find((node: { sku: string }) => node.sku === sku)
      ledger.acknowledged(0, 0, price, made.price.version, String(made.price.money.minorUnits))
      return { sku, price, stock: ledger.fact(stock), units: ledger.fact(stock) }
    }),
  }
}

/** What a shopper is told of so many units. */
export function stockStatus(available: number): string {
  return available === 0 ? 'OUT_OF_STOCK' : available <= 5 ? 'LOW_STOCK' : 'IN_STOCK'
}

function refused(what: string, error: string | null, data: unknown): never {
  throw new Error(`The shop refused ${what}: ${error ?? JSON.stringify(data)}.`)
}
