import type { Filters, PriceChange, SearchDocument, StockChange } from './port.ts'

/** Products made up by chance, with a price and stock of each SKU, which is the product's id. */
export interface RandomShop {
  documents: SearchDocument[]
  prices: PriceChange[]
  stocks: StockChange[]
}

const BRANDS = ['Acme', 'Best', 'Corsa', 'Dyno']
const COLORS = ['Black', 'Blue', 'Red']
const CATEGORIES = [['home'], ['home', 'kitchen'], ['home', 'garden'], ['office']]
const SIZES = ['8 GB', '16 GB', '32 GB']

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

export function randomDocuments(random: () => number, count: number): RandomShop {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const shop: RandomShop = { documents: [], prices: [], stocks: [] }
  for (let n = 0; n < count; n++) {
    const productId = `p${String(n).padStart(4, '0')}`
    const attributes = [
      ...(random() < 0.8 ? [{ name: 'color', value: pick(COLORS) }] : []),
      ...(random() < 0.5 ? [{ name: 'memory', value: pick(SIZES) }] : []),
      ...(random() < 0.7 ? [{ name: 'rating', value: (random() * 5).toFixed(1) }] : []),
    ]
    shop.documents.push({
      productId,
      version: 1,
      title: `${pick(COLORS)} thing ${n}`,
      description: null,
      brand: random() < 0.9 ? pick(BRANDS) : null,
      categories: pick(CATEGORIES).map((id) => ({ id, slug: `${id}-slug`, name: id })),
      attributes,
      variants: [{ sku: productId, title: productId }],
      popularity: Math.floor(random() * 100),
      createdAt: new Date(Date.UTC(2026, 0, 1 + Math.floor(random() * 90))).toISOString(),
      updatedAt: '2026-01-01T00:00:00.000Z',
    })
    if (random() < 0.9) {
      const minorUnits = Math.floor(random() * 10_000)
      const compareAtMinorUnits = random() < 0.3 ? minorUnits + 100 : null
      shop.prices.push({ sku: productId, version: 1, money: { minorUnits, compareAtMinorUnits, currencyCode: 'USD' } })
    }
    if (random() < 0.7) {
      const available = Math.floor(random() * 3)
      shop.stocks.push({ sku: productId, version: 1, available, sellable: available > 0 })
    }
  }
  return shop
}

export function randomFilters(random: () => number, shop: RandomShop): Filters {
  const some = (share: number) => random() < share
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const category = pick(pick(CATEGORIES))
  const low = Math.floor(random() * 8_000)
  void shop
  return {
    categories: { ids: some(0.3) ? [category] : [], slugs: some(0.2) ? [`${pick(pick(CATEGORIES))}-slug`] : [] },
    brands: some(0.4) ? [pick(BRANDS), pick([...BRANDS, 'None'])] : [],
    price: {
      min: some(0.3) ? BigInt(low) : null,
      max: some(0.3) ? BigInt(low + 4_000) : null,
      currencyCode: 'USD',
    },
    inStock: some(0.3) ? some(0.5) : null,
    onSale: some(0.2) ? some(0.5) : null,
    ratingMin: some(0.2) ? 3 : null,
    attributes: [
      ...(some(0.4) ? [{ name: 'color', values: [pick(COLORS), pick(COLORS)], min: null, max: null }] : []),
      ...(some(0.2) ? [{ name: 'memory', values: [], min: 10, max: some(0.5) ? 20 : null }] : []),
    ],
  }
}

/** What the port says of filters, read off one product. */
export function passes(one: SearchDocument, filters: Filters, shop: RandomShop): boolean {
  const money = shop.prices.find(({ sku }) => sku === one.productId)?.money
  const sellable = shop.stocks.find(({ sku }) => sku === one.productId)?.sellable ?? false
  const { categories, brands, price, inStock, onSale, ratingMin, attributes } = filters
  const wanted = categories.ids.length + categories.slugs.length > 0
  const isIn = one.categories.some(({ id, slug }) => categories.ids.includes(id) || categories.slugs.includes(slug))
  if (wanted && !isIn) return false
  if (brands.length > 0 && !brands.includes(one.brand ?? '')) return false
  if (price.min !== null && !(money && money.minorUnits >= price.min)) return false
  if (price.max !== null && !(money && money.minorUnits <= price.max)) return false
  if (inStock !== null && sellable !== inStock) return false
  if (onSale !== null && Boolean(money?.compareAtMinorUnits) !== onSale) return false
  const valuesOf = (name: string) => one.attributes.filter((other) => other.name === name).map(({ value }) => value)
  if (ratingMin !== null && !valuesOf('rating').some((value) => Number(value) >= ratingMin)) return false
  return attributes.every(({ name, values, min, max }) => {
    const own = valuesOf(name)
    if (values.length === 0 && min === null && max === null) return true
    if (own.some((value) => values.includes(value))) return true
    if (min === null && max === null) return false
    return own.some((value) => {
      const amount = Number.parseFloat(value)
      return amount >= (min ?? Number.NEGATIVE_INFINITY) && amount <= (max ?? Number.POSITIVE_INFINITY)
    })
  })
}
