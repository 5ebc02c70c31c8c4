/*
 * What every engine does, whatever it is made of: each passes this suite. Long because it is the whole promise of `port.ts`, one short test each;
 * the random ones are seeded, and what they are compared with is written here without any index.
 */
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Changes,
  type FacetRequest,
  type Filters,
  NO_RULES,
  noFilters,
  PositionError,
  type SearchAnswer,
  type SearchDocument,
  type SearchEngine,
  type SearchRequest,
} from './port.ts'
import { passes, randomDocuments, randomFilters, seeded } from './random-shop.ts'

const NOW = Date.parse('2026-06-01T00:00:00.000Z')

/** A product as tests need it; what is left out has plain values. Its SKU is its id. */
export function document(productId: string, changes: Partial<SearchDocument> = {}): SearchDocument {
  return {
    productId,
    version: 1,
    title: productId,
    description: null,
    brand: null,
    categories: [],
    attributes: [],
    variants: [{ sku: productId, title: changes.title ?? productId }],
    popularity: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  }
}

export function changes(parts: Partial<Changes>): Changes {
  return { products: [], prices: [], stocks: [], asOf: '2026-05-01T00:00:00.000Z', ...parts }
}

/** A search for 20 hits by relevance without facets. */
export function request(query: string, parts: Partial<SearchRequest> = {}): SearchRequest {
  return {
    query,
    filters: noFilters('USD'),
    sort: 'RELEVANCE',
    slice: { limit: 20, backward: false, position: null },
    currencyCode: 'USD',
    soldOut: 'MIXED',
    rules: NO_RULES,
    facets: null,
    explain: false,
    now: NOW,
    ...parts,
  }
}

const FACETS: FacetRequest = { priceEdges: [1_000, 5_000], names: null, valuesPerFacet: 100, match: null }
const idsOf = ({ hits }: SearchAnswer) => hits.map(({ productId }) => productId)
const filtered = (parts: Partial<Filters>): Filters => ({ ...noFilters('USD'), ...parts })
const usd = (sku: string, minorUnits: number | null, version = 1, compareAtMinorUnits: number | null = null) => ({
  sku,
  version,
  money: minorUnits === null ? null : { minorUnits, compareAtMinorUnits, currencyCode: 'USD' },
})
const stock = (sku: string, available: number, version = 1) => ({ sku, version, available, sellable: available > 0 })

/** Runs the suite against engines that `create` makes, empty each time. */
export function describeEngine(name: string, create: () => Promise<SearchEngine> | SearchEngine): void {
  describe(`search engine: ${name}`, () => {
    const open: SearchEngine[] = []
    afterEach(async () => {
      for (const engine of open.splice(0)) await engine.close?.()
    })

    async function engineWith(products: readonly SearchDocument[], rest: Partial<Changes> = {}): Promise<SearchEngine> {
      const engine = await create()
      open.push(engine)
      await engine.apply(changes({ products, ...rest }))
      return engine
    }
    const find = async (titles: Record<string, string>, query: string) => {
      const engine = await engineWith(Object.entries(titles).map(([id, title]) => document(id, { title })))
      return engine.search(request(query))
    }

    describe('words', () => {
      it('finds products with all words, in any order and any case', async () => {
        const found = await find({ a: 'Red running shoe', b: 'Red shirt', c: 'Blue shoe' }, 'SHOE red')
        expect(idsOf(found)[0]).toBe('a')
      })

      it('finds other forms of a word, and words without their accents', async () => {
        expect(idsOf(await find({ a: 'Espresso machines', b: 'Tea kettle' }, 'machine '))).toEqual(['a'])
        expect(idsOf(await find({ a: 'Café Crème', b: 'Tea' }, 'cafe creme '))).toEqual(['a'])
      })

      it('completes the last word, but not after a space', async () => {
        expect(idsOf(await find({ a: 'Mechanical keyboard', b: 'Mouse' }, 'mechanical keyb'))).toEqual(['a'])
        expect((await find({ a: 'Xq12 thing', b: 'Mouse' }, 'xq1 ')).totalCount).toBe(0)
      })

      it('forgives one letter from four and two from eight, and a swap', async () => {
        for (const query of ['keybaord', 'keyboardd', 'kyboard', 'keeboard', 'kebyaord', 'mouze', 'muose']) {
          const found = await find({ a: 'Wireless keyboard mouse', b: 'Desk lamp' }, `${query} `)
          expect(idsOf(found), query).toEqual(['a'])
          expect(found.didYouMean, query).toBe(query.startsWith('m') ? 'mouse' : 'keyboard')
        }
      })

      it('says nothing of what was meant when the words are known', async () => {
        expect((await find({ a: 'Wireless keyboard' }, 'keyboard')).didYouMean).toBeNull()
      })

      it('finds words written together and apart, and numbers with their unit', async () => {
        expect(idsOf(await find({ a: 'Laptop bag', b: 'Desk' }, 'lap top '))).toEqual(['a'])
        expect(idsOf(await find({ a: 'Memory 32 GB', b: 'Memory 16GB' }, '32gb '))).toEqual(['a'])
        expect(idsOf(await find({ a: 'Memory 32GB', b: 'Memory 16GB' }, '32 gb '))).toEqual(['a'])
      })

      it('leaves out what is excluded, words and phrases', async () => {
        const titles = { a: 'Red shoe', b: 'Blue shoe', c: 'Light blue suede shoe' }
        expect(idsOf(await find(titles, 'shoe -red')).sort()).toEqual(['b', 'c'])
        expect(idsOf(await find(titles, 'shoe -"light blue"')).sort()).toEqual(['a', 'b'])
        expect(idsOf(await find(titles, '-blue'))).toEqual(['a'])
      })

      it('finds phrases only in a row', async () => {
        expect(idsOf(await find({ a: 'hard drive case', b: 'drive hard' }, '"hard drive"'))).toEqual(['a'])
        expect((await find({ a: 'hard disk drive' }, '"hard drive"')).totalCount).toBe(0)
      })

      it('gives up the least important word when none has all, and says which', async () => {
        const found = await find({ a: 'Gaming laptop', b: 'Office laptop', c: 'Chair' }, 'gaming laptop flamingo ')
        expect(idsOf(found)[0]).toBe('a')
        expect(found.relaxed).toEqual(['flamingo'])
      })

      it('answers any input', async () => {
        const engine = await engineWith([document('a', { title: 'Thing' })])
        const odd = [
          '',
          '   ',
          '!!!',
          '"',
          '-',
          '--',
          '"" -""',
          "'; drop table product; --",
          '\u0000\u0007',
          '💥',
          'x'.repeat(10_000),
        ]
        for (const query of [
          ...odd,
          '-a'.repeat(500),
          'thing '.repeat(3_000),
          '%_\\',
          '(thing',
          'a & b | !c <-> d:*',
        ]) {
          const answer = await engine.search(request(query, { facets: FACETS }))
          expect(answer.totalCount, query.slice(0, 30)).toBe(answer.hits.length)
          await engine.suggest(query, 5)
        }
        expect((await engine.search(request('  '))).totalCount).toBe(1)
        expect((await engine.search(request('!!!'))).totalCount).toBe(0)
      })

      it('follows synonyms, two-way and one-way', async () => {
        const engine = await engineWith([
          document('a', { title: 'Sofa' }),
          document('b', { title: 'Couch' }),
          document('c', { title: 'Solid state disk' }),
          document('d', { title: 'SSD' }),
        ])
        await engine.setSynonyms([
          { terms: ['sofa', 'couch'], replacements: null },
          { terms: ['ssd'], replacements: ['solid state disk'] },
          { terms: ['!'], replacements: null },
        ])
        expect(idsOf(await engine.search(request('sofa ')))).toEqual(['a', 'b'])
        expect(idsOf(await engine.search(request('couch ')))).toEqual(['b', 'a'])
        expect(idsOf(await engine.search(request('ssd ')))).toEqual(['d', 'c'])
        expect(idsOf(await engine.search(request('solid state disk ')))).toEqual(['c'])
        await engine.setSynonyms([])
        expect(idsOf(await engine.search(request('sofa ')))).toEqual(['a'])
      })
    })

    describe('ranking', () => {
      it('puts the product with the SKU first, and titles before descriptions', async () => {
        const engine = await engineWith([
          document('a', { title: 'Cable for the AB-12', popularity: 1e6 }),
          document('b', { title: 'Other', variants: [{ sku: 'AB-12', title: 'Other' }] }),
          document('c', { title: 'Lamp', description: 'With a cable' }),
        ])
        expect(idsOf(await engine.search(request('ab-12')))[0]).toBe('b')
        expect(idsOf(await engine.search(request('cable ')))).toEqual(['a', 'c'])
      })

      it('prefers what is popular, and what was sold', async () => {
        const titles = ['a', 'b', 'c'].map((id) =>
          document(id, { title: 'Green mug', popularity: id === 'b' ? 500 : 0 }),
        )
        const engine = await engineWith(titles)
        expect(idsOf(await engine.search(request('mug ')))[0]).toBe('b')
        await engine.apply(
          changes({
            sales: [
              { productId: 'c', units: 5_000 },
              { productId: 'later', units: 1e6 },
            ],
          }),
        )
        expect(idsOf(await engine.search(request('mug ')))[0]).toBe('c')
        await engine.apply(changes({ products: [document('later', { title: 'Green mug' })] }))
        expect(idsOf(await engine.search(request('', { sort: 'POPULARITY' })))).toEqual(['later', 'c', 'b', 'a'])
      })

      it('shows what is sold out last, not at all, or among the others', async () => {
        const engine = await engineWith(
          [document('a', { title: 'Mug', popularity: 9 }), document('b', { title: 'Mug' })],
          { stocks: [stock('b', 3)] },
        )
        expect(idsOf(await engine.search(request('mug', { soldOut: 'LAST' })))).toEqual(['b', 'a'])
        expect(idsOf(await engine.search(request('mug', { soldOut: 'HIDDEN' })))).toEqual(['b'])
        expect(idsOf(await engine.search(request('mug', { soldOut: 'MIXED' })))).toEqual(['a', 'b'])
      })

      it('obeys rules: pins first in order when they pass, buried last, boosts', async () => {
        const engine = await engineWith(
          ['a', 'b', 'c', 'd'].map((id, n) =>
            document(id, { title: id === 'd' ? 'Bowl' : 'Mug', brand: id, popularity: 9 - n }),
          ),
        )
        const rules = { pins: ['d', 'c', 'unknown'], buried: ['a'], boosts: [] }
        const found = await engine.search(request('mug', { rules, explain: true }))
        expect(idsOf(found)).toEqual(['d', 'c', 'b', 'a'])
        expect(found.hits.map(({ pinned }) => pinned)).toEqual([true, true, false, false])
        expect(found.hits.map(({ explanation }) => explanation?.group)).toEqual([3, 3, 2, 0])
        const without = await engine.search(request('mug', { rules, filters: filtered({ brands: ['a', 'b', 'c'] }) }))
        expect(idsOf(without)).toEqual(['c', 'b', 'a'])
        const boosts = [{ filters: { brands: ['c'] }, factor: 5 }]
        expect(idsOf(await engine.search(request('mug', { rules: { ...NO_RULES, boosts } })))[0]).toBe('c')
        const named = [{ filters: {}, productIds: ['b', 'unknown'], factor: 5 }]
        const lifted = await engine.search(request('mug', { rules: { ...NO_RULES, boosts: named }, explain: true }))
        expect(idsOf(lifted)[0]).toBe('b')
        const boostOf = (n: number) => lifted.hits[n]?.explanation?.parts.find(({ name }) => name === 'boost')?.value
        expect([boostOf(0), boostOf(1)]).toEqual([5, undefined])
      })

      it('sorts by price and by date, what has no price last', async () => {
        const engine = await engineWith(
          ['a', 'b', 'c'].map((id, n) => document(id, { title: 'Mug', createdAt: `2026-01-0${n + 1}T00:00:00.000Z` })),
          { prices: [usd('a', 500), usd('b', 300)] },
        )
        expect(idsOf(await engine.search(request('mug', { sort: 'PRICE_ASC' })))).toEqual(['b', 'a', 'c'])
        expect(idsOf(await engine.search(request('mug', { sort: 'PRICE_DESC' })))).toEqual(['a', 'b', 'c'])
        expect(idsOf(await engine.search(request('mug', { sort: 'NEWEST' })))).toEqual(['c', 'b', 'a'])
      })

      it('tells which words of a hit matched', async () => {
        const found = await find({ a: 'Red running shoes' }, 'shoe red')
        expect([...(found.hits[0]?.matched ?? [])].sort()).toEqual(['red', 'shoes'])
      })
    })

    describe('changes', () => {
      it('drops what is older, of products, prices and stock each', async () => {
        const engine = await engineWith([document('a', { title: 'New name', version: 2 })], {
          prices: [usd('a', 200, 2)],
          stocks: [stock('a', 5, 2)],
        })
        await engine.apply(
          changes({
            products: [document('a', { title: 'Old name' })],
            prices: [usd('a', 100)],
            stocks: [stock('a', 0)],
          }),
        )
        expect((await engine.search(request('old '))).totalCount).toBe(0)
        const filters = filtered({ inStock: true, price: { min: 200n, max: 200n, currencyCode: 'USD' } })
        expect(idsOf(await engine.search(request('new', { filters })))).toEqual(['a'])
        expect(await engine.documents()).toBe(1)
      })

      it('takes a price and a stock before their product', async () => {
        const engine = await engineWith([], { prices: [usd('a', 700, 1, 900)], stocks: [stock('a', 1)] })
        await engine.apply(changes({ products: [document('a')] }))
        const filters = filtered({ inStock: true, onSale: true, price: { min: 700n, max: null, currencyCode: 'USD' } })
        expect(idsOf(await engine.search(request('', { filters })))).toEqual(['a'])
      })

      it('forgets the words of what changed', async () => {
        const engine = await engineWith([document('a', { title: 'Lamp' }), document('b', { title: 'Lamp shade' })])
        await engine.apply(changes({ products: [document('a', { title: 'Candle', version: 2 })] }))
        expect(idsOf(await engine.search(request('lamp ')))).toEqual(['b'])
        expect(idsOf(await engine.search(request('candle ')))).toEqual(['a'])
      })

      it('keeps the cheapest variant, and a price that is taken back is none', async () => {
        const variants = ['x', 'y'].map((sku) => ({ sku, title: sku }))
        const engine = await engineWith([document('a', { variants })], { prices: [usd('x', 900), usd('y', 400)] })
        const at = (price: bigint) =>
          engine.search(request('', { filters: filtered({ price: { min: price, max: price, currencyCode: 'USD' } }) }))
        expect((await at(400n)).totalCount).toBe(1)
        await engine.apply(changes({ prices: [usd('y', null, 2)] }))
        expect((await at(900n)).totalCount).toBe(1)
        await engine.apply(changes({ products: [document('a', { version: 2, variants: variants.slice(1) })] }))
        expect((await at(900n)).totalCount).toBe(0)
      })

      it('tells the time of its newest change', async () => {
        const engine = await engineWith([])
        const later = '2026-05-02T00:00:00.000Z'
        await engine.apply(changes({ asOf: later }))
        await engine.apply(changes({ asOf: '2026-04-01T00:00:00.000Z' }))
        expect(await engine.asOf()).toBe(later)
        expect((await engine.search(request(''))).asOf).toBe(later)
      })
    })

    describe('filters and facets, against every product looked at', () => {
      for (const seed of [1, 2, 3]) {
        it(`finds and counts the same (seed ${seed})`, async () => {
          const random = seeded(seed)
          const shop = randomDocuments(random, 300)
          const engine = await engineWith(shop.documents, { prices: shop.prices, stocks: shop.stocks })
          for (let n = 0; n < 60; n++) {
            const filters = randomFilters(random, shop)
            const expected = shop.documents
              .filter((one) => passes(one, filters, shop))
              .map(({ productId }) => productId)
            const answer = await engine.search(
              request('', { filters, facets: FACETS, slice: { limit: 100, backward: false, position: null } }),
            )
            expect(answer.totalCount).toBe(expected.length)
            expect(idsOf(answer).every((id) => expected.includes(id))).toBe(true)
            for (const { facet, name, value, count } of answer.facets) {
              const choice = choose(filters, facet, name, value)
              if (!choice) continue
              const left = shop.documents.filter((one) => passes(one, choice, shop)).length
              expect({ facet, name, value, count }).toEqual({ facet, name, value, count: left })
            }
            const brands = answer.facets.filter(({ facet }) => facet === 'brand').map(({ value }) => value)
            const own = { ...filters, brands: [] }
            const possible = new Set(shop.documents.filter((one) => passes(one, own, shop)).map(({ brand }) => brand))
            expect(new Set([...brands, ...filters.brands])).toEqual(
              new Set([...possible, ...filters.brands].filter((one) => one !== null)),
            )
          }
        })
      }

      it('finds values inside a facet', async () => {
        const engine = await engineWith(
          ['Acme', 'Acorn', 'Best Acme', 'Zeta'].map((brand) => document(brand, { brand })),
        )
        const facets = { ...FACETS, match: { facet: 'brand' as const, prefix: 'ac' } }
        const { facets: found } = await engine.search(request('', { facets }))
        expect(found.map(({ value }) => value)).toEqual(['Acme', 'Acorn', 'Best Acme'])
      })
    })

    describe('pages', () => {
      async function walk(
        engine: SearchEngine,
        parts: Partial<SearchRequest>,
        between: (page: number) => Promise<void>,
      ) {
        const ids: string[] = []
        let position: SearchRequest['slice']['position'] = null
        for (let page = 0; page < 500; page++) {
          const limit = 7
          const { hits } = await engine.search(request('', { ...parts, slice: { limit, backward: false, position } }))
          ids.push(...hits.slice(0, limit).map(({ productId }) => productId))
          if (hits.length <= limit) return ids
          position = hits[limit - 1]?.position ?? null
          await between(page)
        }
        throw new Error('Expected the walk to end within 500 pages.')
      }

      for (const sort of ['RELEVANCE', 'PRICE_ASC', 'POPULARITY'] as const) {
        it(`shows every hit exactly once while products change (${sort})`, async () => {
          const random = seeded(7)
          const shop = randomDocuments(random, 200)
          const engine = await engineWith(shop.documents, { prices: shop.prices, stocks: shop.stocks })
          const pick = () => shop.documents[Math.floor(random() * shop.documents.length)] as SearchDocument
          const ids = await walk(engine, { sort }, async (page) => {
            const some = Array.from({ length: 20 }, pick)
            await engine.apply(
              changes({
                products: some
                  .slice(0, 5)
                  .map((one) => ({ ...one, version: page + 2, popularity: Math.floor(random() * 1e5) })),
                prices: some.map(({ productId }) => usd(productId, Math.floor(random() * 9_000), page + 2)),
                sales: some.map(({ productId }) => ({ productId, units: Math.floor(random() * 1_000) })),
              }),
            )
          })
          expect([...ids].sort()).toEqual(shop.documents.map(({ productId }) => productId).sort())
        })
      }

      it('walks back the way it came, and from the end', async () => {
        const engine = await engineWith(Array.from({ length: 30 }, (_, n) => document(`p${n}`, { popularity: n % 7 })))
        const all = idsOf(await engine.search(request('', { slice: { limit: 50, backward: false, position: null } })))
        const first = await engine.search(request('', { slice: { limit: 10, backward: false, position: null } }))
        const position = first.hits[9]?.position ?? null
        const second = await engine.search(request('', { slice: { limit: 10, backward: false, position } }))
        expect(idsOf(second)).toEqual(all.slice(10, 21))
        const before = second.hits[0]?.position ?? null
        const back = await engine.search(request('', { slice: { limit: 4, backward: true, position: before } }))
        expect(idsOf(back)).toEqual(all.slice(5, 10).reverse())
        const end = await engine.search(request('', { slice: { limit: 3, backward: true, position: null } }))
        expect(idsOf(end)).toEqual(all.slice(-4).reverse())
      })

      it('goes on by the order when what it remembers is gone', async () => {
        const engine = await engineWith(Array.from({ length: 30 }, (_, n) => document(`p${n}`, { popularity: n })))
        const slice = { limit: 10, backward: false, position: null }
        const first = await engine.search(request('', { sort: 'POPULARITY', slice }))
        const position = first.hits[9]?.position ?? null
        const later = request('', { sort: 'POPULARITY', slice: { ...slice, position }, now: NOW + 3_600_000 })
        expect(idsOf(await engine.search(later))[0]).toBe('p19')
      })

      it('refuses a position of another sort and one that is none', async () => {
        const engine = await engineWith(Array.from({ length: 5 }, (_, n) => document(`p${n}`)))
        const { hits } = await engine.search(request('', { sort: 'NEWEST' }))
        for (const position of [hits[0]?.position ?? [], ['RELEVANCE', 'x', 'y', 'z', 'id', '', '0'], []]) {
          const wrong = request('', { slice: { limit: 2, backward: false, position } })
          await expect((async () => engine.search(wrong))()).rejects.toThrow(PositionError)
        }
      })
    })

    it('highlights nothing of a product that was found by something else than its title', async () => {
      const engine = await engineWith([document('p', { title: 'Daily mug', brand: 'Tarn' })])
      const { products } = await engine.suggest('tar', 5)
      expect(products.map(({ parts }) => parts)).toEqual([[{ text: 'Daily mug', highlighted: false }]])
    })

    it('completes queries, categories, brands and products, what completes them highlighted', async () => {
      const categories = [{ id: 'c1', slug: 'laptops', name: 'Laptops' }]
      const engine = await engineWith([
        document('a', { title: 'Gaming laptop', brand: 'Lapro', categories }),
        document('b', { title: 'Gaming laptop bag', categories }),
        document('c', { title: 'Desk' }),
      ])
      const { queries, categories: found, brands, products } = await engine.suggest('lap', 5)
      expect(queries[0]?.text).toBe('laptop')
      expect(queries[0]?.parts).toEqual([
        { text: 'lap', highlighted: false },
        { text: 'top', highlighted: true },
      ])
      expect(found.map(({ text, id }) => [text, id])).toEqual([['Laptops', 'laptops']])
      expect(brands.map(({ text }) => text)).toEqual(['Lapro'])
      expect(products.map(({ id }) => id).sort()).toEqual(['a', 'b'])
      expect((await engine.suggest('gaming lap', 5)).queries.map(({ text }) => text)).toContain('gaming laptop')
      expect(await engine.suggest('', 5)).toEqual({ queries: [], categories: [], brands: [], products: [] })
    })
  })
}

/** The filters when this value is chosen alone in its facet; null for what is not compared here. */
function choose(filters: Filters, facet: string, name: string | null, value: string): Filters | null {
  if (facet === 'category') return { ...filters, categories: { ids: [], slugs: [value] } }
  if (facet === 'brand') return { ...filters, brands: [value] }
  if (facet === 'inStock') return { ...filters, inStock: value === 'true' }
  if (facet === 'onSale') return { ...filters, onSale: value === 'true' }
  if (facet === 'rating') return { ...filters, ratingMin: Number(value) }
  if (facet === 'attribute') {
    const others = filters.attributes.filter((one) => one.name !== name)
    return { ...filters, attributes: [...others, { name: name ?? '', values: [value], min: null, max: null }] }
  }
  const edges = FACETS.priceEdges
  const range = Number(value)
  const min = range === 0 ? 0n : BigInt(edges[range - 1] as number)
  const max = range === edges.length ? null : BigInt((edges[range] as number) - 1)
  return { ...filters, price: { min, max, currencyCode: 'USD' } }
}
