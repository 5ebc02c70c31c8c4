import { seeded } from '@commerce/local/shop/random.ts'
import { expect, test } from 'vitest'
import type { SearchDocument } from '../../../subgraphs/search/src/engine/port.ts'
import { judgedSets } from './judged.ts'
import { shop } from './shop.ts'
import { Texts } from './texts.ts'

function product(n: number, leaf: string, brand: string, color: string): SearchDocument {
  return {
    productId: `p${n}`,
    version: 1,
    title: `${brand} model ${n}`,
    description: null,
    brand,
    categories: [{ id: leaf, slug: leaf, name: leaf }],
    attributes: [{ name: 'color', value: color }],
    variants: [{ sku: `p${n}`, title: `${brand} model ${n}` }],
    popularity: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  }
}

const documents = ['Batteries', 'Watches'].flatMap((leaf, a) =>
  ['Acme', 'Zenith'].flatMap((brand, b) =>
    ['Black', 'White', 'Green'].map((color, c) => product(a * 100 + b * 10 + c, leaf, brand, color)),
  ),
)

test('a shop query asks for the category in the singular, and grades by what is meant', () => {
  const texts = new Texts(documents)
  for (let seed = 1; seed <= 50; seed++) {
    const judged = shop(documents[0] as SearchDocument, texts, seeded(seed))
    if (!judged) throw new Error('Expected a query of a product with brand, color and category.')
    expect(judged.query).toMatch(/\bbattery\b/)
    const asksBrand = /\bacme\b/.test(judged.query)
    const asksColor = /\bblack\b/.test(judged.query)
    expect(asksBrand || asksColor).toBe(true)
    for (const one of documents) {
      const fits = Number(asksBrand && one.brand === 'Acme') + Number(asksColor && one.attributes[0]?.value === 'Black')
      const wishes = Number(asksBrand) + Number(asksColor)
      const grade = one.categories[0]?.id === 'Batteries' ? (fits === wishes ? 3 : fits * 2 >= wishes ? 2 : 1) : 0
      expect([judged.query, one.productId, judged.grades.get(one.productId)]).toEqual([
        judged.query,
        one.productId,
        grade,
      ])
    }
  }
})

test('queries are the same for the same seed, and the halves share no product', () => {
  const catalog = { name: 'test', documents, prices: [] }
  const sets = judgedSets(catalog, 'test', 3, 1)
  expect(judgedSets(catalog, 'test', 3, 1)).toEqual(sets)
  const skus = (split: 'tune' | 'test') =>
    Array.from({ length: 10 }, (_, n) => judgedSets(catalog, split, 3, n))
      .flat()
      .filter(({ kind }) => kind === 'sku')
      .flatMap(({ queries }) => queries.map(({ query }) => query))
  expect(skus('test').length).toBeGreaterThan(0)
  expect(skus('test').filter((sku) => skus('tune').includes(sku))).toEqual([])
})

test('what is misspelled has the grades of what was meant, one for one', () => {
  const sets = judgedSets({ name: 'test', documents, prices: [] }, 'test', 3, 1)
  const misspelled = sets.filter(({ clean }) => clean !== null)
  expect(misspelled.length).toBeGreaterThan(0)
  for (const { clean, queries } of misspelled) {
    const meant = sets.find(({ kind }) => kind === clean)?.queries
    expect(queries.map(({ grades }) => grades)).toEqual(meant?.map(({ grades }) => grades))
  }
})
