import { pick, seeded } from '@commerce/local/shop/random.ts'
import type { Catalog } from '../../../relevance/src/catalogs.ts'
import type { SearchDocument } from '../../../subgraphs/search/src/engine/port.ts'

const BATCH = 1_000
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/**
 * A catalog grown to `size` products, in batches: the real ones, and then again and again each of them as another model: with a
 * model number of its own in title and SKU (so that the vocabulary grows as a real one does), and each attribute's value taken from some
 * product of the same category.
 */
export function* grown({ documents, prices }: Catalog, size: number): Generator<Pick<Catalog, 'documents' | 'prices'>> {
  const random = seeded(size)
  const values = valuesByCategory(documents)
  const priceOf = new Map(prices.map((price) => [price.sku, price]))
  for (let from = 0; from < size; from += BATCH) {
    const count = Math.min(BATCH, size - from)
    const batch = Array.from({ length: count }, (_, n) => {
      const original = documents[(from + n) % documents.length] as SearchDocument
      const generation = Math.floor((from + n) / documents.length)
      return generation === 0 ? original : another(original, generation)
    })
    yield {
      documents: batch,
      prices: batch.flatMap(({ variants: [variant] }) => {
        const price = variant && priceOf.get(variant.sku.replace(/~\d+$/, ''))
        return price ? [{ ...price, sku: variant.sku }] : []
      }),
    }
  }

  function another(original: SearchDocument, generation: number): SearchDocument {
    const letter = () => pick(random, [...LETTERS])
    const model = `${letter()}${letter()}${letter()}-${Math.floor(random() * 10_000)}`.toUpperCase()
    const productId = `${original.productId}~${generation}`
    const leaf = original.categories.at(-1)?.id ?? ''
    return {
      ...original,
      productId,
      title: `${original.title} ${model}`,
      attributes: original.attributes.map(({ name }) => ({
        name,
        value: pick(random, values.get(`${leaf}\n${name}`) ?? ['']),
      })),
      variants: [{ sku: productId, title: `${original.title} ${model}` }],
    }
  }
}

function valuesByCategory(documents: readonly SearchDocument[]): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const { categories, attributes } of documents) {
    for (const { name, value } of attributes) {
      const key = `${categories.at(-1)?.id ?? ''}\n${name}`
      const list = values.get(key)
      if (list) list.push(value)
      else values.set(key, [value])
    }
  }
  return values
}
