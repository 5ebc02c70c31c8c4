import type { Client } from '../../bench/src/load/client.ts'
import { type Book, openBook } from './book.ts'
import { operations } from './operations.ts'

const PRICE = 1_250

/** Fills an empty shop with so many SKUs, each with so many units on hand, and opens the book of it. Throws when the shop refuses. */
export async function stockShelves(
  staff: Client,
  { skus: many, units, seed }: { skus: number; units: number; seed: number },
): Promise<{ skus: string[]; book: Book }> {
  // Real SKUs have characters that mean something in a subject.
  const skus = Array.from({ length: many }, (_, i) => `SKU.${seed} size ${i}`)
  const book = openBook()
  const price = { amount: (PRICE / 100).toFixed(2), currencyCode: 'EUR' }
  const variants = skus.map((sku, i) => ({ sku, options: [{ name: 'Size', value: String(i) }], price }))
  const made = await staff.ask(operations.upsert, { input: { title: `What is sold with ${seed}`, variants } })
  if (!made.data?.productUpsert?.product) throw new Error(`The shop refused its goods: ${JSON.stringify(made)}`)
  for (const sku of skus) {
    const idempotencyKey = `first ${sku}`
    const { data, error } = await staff.ask(operations.stockSet, {
      input: { sku, onHand: units, idempotencyKey },
    })
    if (!data?.stockSet?.stock) throw new Error(`The shop refused its first stock: ${error ?? JSON.stringify(data)}`)
    book.stockChanges.set(idempotencyKey, { sku, wish: { onHand: units }, answer: 'made' })
  }
  return { skus, book }
}
