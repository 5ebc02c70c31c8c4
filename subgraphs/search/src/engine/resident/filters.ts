import type { Filters, ValueCount } from '../port.ts'
import type { Products } from './products.ts'

/** One filter, with the facet that it belongs to. */
export interface Check {
  facet: ValueCount['facet']
  /** Of an attribute. */
  name: string | null
  passes(product: number): boolean
}

/** Categories that are filtered by; those that no product has are left out. */
export function chosenCategories(categories: Filters['categories'], products: Products): Set<number> {
  const slugs = new Set(categories.slugs)
  const chosen = new Set<number>()
  for (const id of categories.ids) {
    const number = products.categoryOf(id)
    if (number !== undefined) chosen.add(number)
  }
  if (slugs.size > 0) {
    for (const [number, { slug }] of products.categories.entries()) if (slugs.has(slug)) chosen.add(number)
  }
  return chosen
}

/** The filters as checks of a product; what filters nothing is none. */
export function checksOf(filters: Partial<Filters>, products: Products): Check[] {
  const { categories, brands, price, inStock, onSale, ratingMin, attributes } = filters
  const checks: Check[] = []
  const add = (facet: Check['facet'], passes: Check['passes'], name: string | null = null) =>
    void checks.push({ facet, name, passes })

  if (categories && categories.ids.length + categories.slugs.length > 0) {
    const chosen = chosenCategories(categories, products)
    const paths = Uint8Array.from(products.paths, (path) => (path.some((one) => chosen.has(one)) ? 1 : 0))
    const { path } = products
    add('category', (product) => paths[path[product] as number] === 1)
  }
  if (brands && brands.length > 0) {
    const chosen = new Set(brands.map((one) => products.brandOf(one)))
    const { brand } = products
    add('brand', (product) => (brand[product] as number) >= 0 && chosen.has(brand[product]))
  }
  const offers = products.offersIn(price?.currencyCode ?? '')
  if (price && (price.min !== null || price.max !== null)) {
    const min = price.min === null ? Number.NEGATIVE_INFINITY : Number(price.min)
    const max = price.max === null ? Number.POSITIVE_INFINITY : Number(price.max)
    const prices = offers?.price
    add('price', (product) => {
      const one = prices?.[product] ?? Number.NaN
      return one >= min && one <= max
    })
  }
  if (inStock != null) {
    const stock = products.inStock
    const wanted = inStock ? 1 : 0
    add('inStock', (product) => stock[product] === wanted)
  }
  if (onSale != null) {
    const sale = offers?.onSale
    add('onSale', (product) => (sale?.[product] === 1) === onSale)
  }
  if (ratingMin != null) {
    const { rating } = products
    add('rating', (product) => (rating[product] as number) >= ratingMin)
  }
  for (const attribute of attributes ?? []) {
    if (attribute.values.length === 0 && attribute.min === null && attribute.max === null) continue
    add('attribute', attributeCheck(attribute, products), attribute.name)
  }
  return checks
}

function attributeCheck({ name, values, min, max }: Filters['attributes'][number], products: Products) {
  const number = products.nameOf(name) ?? -1
  const wanted = new Set(values.map((value) => products.pairOf(name, value)))
  const isRange = min !== null || max !== null
  const [low, high] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY]
  const { pairs, pairName, pairAmount } = products
  return (product: number): boolean => {
    const [segment, start] = [pairs.segment(product), pairs.start(product)]
    for (let at = start; at < start + pairs.length(product); at++) {
      const pair = segment[at] as number
      if (wanted.has(pair)) return true
      if (isRange && pairName[pair] === number) {
        const amount = pairAmount[pair] as number
        if (amount >= low && amount <= high) return true
      }
    }
    return false
  }
}
