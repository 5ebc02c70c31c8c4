import type { Client } from '../../bench/src/load/client.ts'
import { type Book, openBook } from './book.ts'
import { operations } from './operations.ts'

const PRICE = 1_250
/** Where there is stock; the shop has the first from the beginning. */
export const LOCATIONS = ['MAIN', 'NORTH'] as const

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
  const north = { code: LOCATIONS[1], name: 'North', idempotencyKey: 'north' }
  const place = await staff.ask(operations.locationCreate, { input: north })
  const known = place.data?.locationCreate?.userErrors[0]?.code === 'CODE_TAKEN' // in a shop that was checked before
  if (!place.data?.locationCreate?.location && !known) {
    throw new Error(`The shop refused a location: ${JSON.stringify(place)}`)
  }
  const made = await staff.ask(operations.upsert, { input: { title: `What is sold with ${seed}`, variants } })
  if (!made.data?.productUpsert?.product) throw new Error(`The shop refused its goods: ${JSON.stringify(made)}`)
  for (const sku of skus) {
    const idempotencyKey = `first ${sku}`
    const { data, error } = await staff.ask(operations.stockSet, {
      input: { sku, onHand: units, idempotencyKey },
    })
    if (!data?.stockSet?.stock) throw new Error(`The shop refused its first stock: ${error ?? JSON.stringify(data)}`)
    book.stockChanges.set(idempotencyKey, { sku, location: LOCATIONS[0], wish: { onHand: units }, answer: 'made' })
  }
  return { skus, book }
}
