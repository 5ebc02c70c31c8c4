import type { Graph } from './graph.ts'
import { amountOf, type Line } from './lines.ts'
import { inParallel } from './parallel.ts'

/** What is sold under one SKU, and how many units of it the file orders. */
export interface Goods {
  sku: string
  code: string
  title: string
  minorUnits: number
  units: number
}

/** What the catalog takes at once, and of one product. */
const MOST_ROWS = 200
const MOST_VARIANTS = 150
export const CURRENCY = 'GBP'

const IMPORT = `mutation ReplayGoods($rows: [ProductImportRow!]!) { productsImport(input: { rows: $rows }) {
  rows { sku outcome problems { field expected got } } userErrors { message }
} }`
const STOCK = `mutation ReplayStock($input: StockSetInput!) { stockSet(input: $input) { stock { version } userErrors { message } } }`

/** Adds up what lines order. Its size is that of the range of goods. */
export async function goodsIn(lines: AsyncIterable<Line>): Promise<Map<string, Goods>> {
  const all = new Map<string, Goods>()
  for await (const { sku, code, description, minorUnits, quantity, isReturn } of lines) {
    if (isReturn) continue
    const known = all.get(sku)
    if (known) known.units += quantity
    else all.set(sku, { sku, code, minorUnits, units: quantity, title: description || code })
  }
  return all
}

/** Puts goods into the catalog, each price of a code as a variant of one product, and counts enough of them into the stock. */
export async function stockShelves(
  graph: Graph,
  goods: readonly Goods[],
  { name, atOnce, done }: { name: string; atOnce: number; done(share: number): void },
): Promise<void> {
  const places = new Map<string, number>()
  const rows = goods.map(({ sku, code, title, minorUnits }) => {
    const place = places.get(code) ?? 0
    places.set(code, place + 1)
    const price = { amount: amountOf(minorUnits), currencyCode: CURRENCY }
    // A code whose price was made up for every sale (postage, manual entries) has more prices than a product has variants.
    const groupKey = `${code}/${Math.floor(place / MOST_VARIANTS) + 1}`
    return { sku, groupKey, title, options: [{ name: 'Price', value: price.amount }], price }
  })
  let did = 0
  const count = (many: number): void => {
    did += many
    done(did / (2 * goods.length))
  }
  // Variants of one product are next to each other, so that few batches are about the same one.
  rows.sort((a, b) => (a.groupKey < b.groupKey ? -1 : a.groupKey > b.groupKey ? 1 : 0))
  for (let first = 0; first < rows.length; first += MOST_ROWS) {
    const batch = rows.slice(first, first + MOST_ROWS)
    const { productsImport } = await graph.ask(IMPORT, { rows: batch })
    const rejected = productsImport.rows?.find(({ outcome }: { outcome: string }) => outcome === 'REJECTED')
    const [refusal] = productsImport.userErrors
    if (rejected || refusal) throw new Error(`The catalog refused ${JSON.stringify(rejected ?? refusal)}.`)
    count(batch.length)
  }
  await inParallel(atOnce, goods, async ({ sku, units }) => {
    const input = { sku, onHand: units, idempotencyKey: `${name}:stock:${units}:${sku}` }
    const { stockSet } = await graph.ask(STOCK, { input })
    if (!stockSet.stock) throw new Error(`The stock of "${sku}" was refused: ${stockSet.userErrors[0]?.message}`)
    count(1)
  })
}
