/*
 * Counts what a result can be narrowed by, disjunctively and in one pass: a product that passes all filters counts everywhere, one that fails
 * a single filter counts for that filter's facet only. Long because each kind of facet is read from another column.
 */
import { wordsOf } from '../../analysis/words.ts'
import type { FacetRequest, SearchRequest, ValueCount } from '../port.ts'
import { type Check, chosenCategories } from './filters.ts'
import type { Products } from './products.ts'

export interface FacetCounter {
  /** `failed`: the index of the only check that it fails; -1: none. */
  count(product: number, failed: number): void
  values(): ValueCount[]
}

const NONE = -1
const MOST_NAMES = 5
const RATINGS = [1, 2, 3, 4]

export function createFacets(
  request: SearchRequest,
  asked: FacetRequest,
  checks: readonly Check[],
  products: Products,
): FacetCounter {
  const { filters } = request
  const { brand, path, inStock, rating, pairName } = products
  const { segments, segmentOf, startOf, lengthOf } = products.pairs.columns()
  const own = (facet: Check['facet']) => checks.findIndex((check) => check.facet === facet)
  const [ofCategory, ofBrand, ofPrice, ofStock, ofSale, ofRating] = (
    ['category', 'brand', 'price', 'inStock', 'onSale', 'rating'] as const
  ).map(own) as [number, number, number, number, number, number]
  /** By check: the attribute's name, or -1. */
  const nameOfCheck = checks.map(({ name }) => (name === null ? NONE : (products.nameOf(name) ?? NONE)))
  /** By name: its checks. */
  const checksOfName = new Map<number, number[]>()
  for (const [check, name] of nameOfCheck.entries()) {
    if (name !== NONE) checksOfName.set(name, [...(checksOfName.get(name) ?? []), check])
  }

  const byPath = new Int32Array(products.paths.length)
  const byBrand = new Int32Array(products.brands.length)
  const byPair = new Int32Array(products.pairName.length)
  const byRange = new Int32Array(asked.priceEdges.length + 1)
  const byRating = new Int32Array(RATINGS.length)
  const byStock = new Int32Array(2)
  const bySale = new Int32Array(2)
  const prices = products.offersIn(request.currencyCode)?.price
  const sale = products.offersIn(filters.price.currencyCode)?.onSale

  function count(product: number, failed: number): void {
    const isAll = failed === NONE
    if (isAll || failed === ofCategory) {
      const one = path[product] as number
      if (one >= 0) byPath[one] = (byPath[one] as number) + 1
    }
    if (isAll || failed === ofBrand) {
      const one = brand[product] as number
      if (one >= 0) byBrand[one] = (byBrand[one] as number) + 1
    }
    if (isAll || failed === ofPrice) {
      const price = prices?.[product] ?? Number.NaN
      if (!Number.isNaN(price)) {
        let range = 0
        while (range < asked.priceEdges.length && price >= (asked.priceEdges[range] as number)) range++
        byRange[range] = (byRange[range] as number) + 1
      }
    }
    if (isAll || failed === ofStock) {
      const one = inStock[product] as number
      byStock[one] = (byStock[one] as number) + 1
    }
    if (isAll || failed === ofSale) {
      const one = sale?.[product] ?? 0
      bySale[one] = (bySale[one] as number) + 1
    }
    if (isAll || failed === ofRating) {
      const one = rating[product] as number
      for (let n = 0; n < RATINGS.length && one >= (RATINGS[n] as number); n++)
        byRating[n] = (byRating[n] as number) + 1
    }
    const only = isAll ? NONE : (nameOfCheck[failed] as number)
    if (!isAll && only === NONE) return
    const segment = segments[segmentOf[product] as number] as Uint32Array
    const start = startOf[product] as number
    const end = start + (lengthOf[product] as number)
    for (let at = start; at < end; at++) {
      const pair = segment[at] as number
      if (isAll || pairName[pair] === only) byPair[pair] = (byPair[pair] as number) + 1
    }
  }

  function values(): ValueCount[] {
    const all = [...categories(), ...brands(), ...others(), ...attributes()]
    if (!asked.match) return all
    const { facet, prefix } = asked.match
    const wanted = wordsOf(prefix).map(({ surface }) => surface)
    const found = all.filter(
      (one) => (one.facet === 'attribute' ? `attribute:${one.name}` : one.facet) === facet && begins(one, wanted),
    )
    return best(found)
  }

  const most = asked.match ? Number.POSITIVE_INFINITY : asked.valuesPerFacet

  function best(counts: ValueCount[], limit = asked.valuesPerFacet): ValueCount[] {
    counts.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
    let others = 0
    return counts.filter(({ selected }) => selected || others++ < limit)
  }

  function categories(): ValueCount[] {
    const counts = new Map<number, number>()
    for (const [n, numbers] of products.paths.entries()) {
      const here = byPath[n] as number
      if (here > 0) for (const one of numbers) counts.set(one, (counts.get(one) ?? 0) + here)
    }
    const chosen = chosenCategories(filters.categories, products)
    const offered = new Set<number>(chosen)
    for (const [number, { parent }] of products.categories.entries()) {
      if (chosen.size > 0 ? chosen.has(parent) : parent === NONE) offered.add(number)
    }
    return best(
      [...offered].flatMap((number) => {
        const category = products.categories[number]
        const here = counts.get(number) ?? 0
        const selected = chosen.has(number)
        if (!category || (here === 0 && !selected)) return []
        return { facet: 'category', name: null, value: category.slug, label: category.name, count: here, selected }
      }),
      most,
    )
  }

  function brands(): ValueCount[] {
    const selected = new Set(filters.brands)
    const counts: ValueCount[] = []
    for (let n = 0; n < byBrand.length; n++) {
      const value = products.brands[n] as string
      if (byBrand[n] === 0 && !(selected.size > 0 && selected.has(value))) continue
      counts.push(plain('brand', value, byBrand[n] as number, selected.has(value)))
    }
    return best(counts, most)
  }

  function others(): ValueCount[] {
    const { min, max } = filters.price
    const edges = asked.priceEdges
    const isRange = (n: number) =>
      (min !== null || max !== null) &&
      (min === null ? n === 0 : Number(min) === edges[n - 1]) &&
      (max === null ? n === edges.length : Number(max) === (edges[n] as number) - 1)
    return [
      ...Array.from(byRange, (count, n) => plain('price', String(n), count, isRange(n))),
      ...[1, 0].map((n) => plain('inStock', String(n === 1), byStock[n] as number, filters.inStock === (n === 1))),
      ...[1, 0].map((n) => plain('onSale', String(n === 1), bySale[n] as number, filters.onSale === (n === 1))),
      ...RATINGS.map((n, at) => plain('rating', String(n), byRating[at] as number, filters.ratingMin === n)),
    ].filter(({ count, selected }) => count > 0 || selected)
  }

  function attributes(): ValueCount[] {
    const totals = new Map<number, number>()
    for (let pair = 0; pair < byPair.length; pair++) {
      const here = byPair[pair] as number
      if (here === 0) continue
      const name = pairName[pair] as number
      totals.set(name, (totals.get(name) ?? 0) + here)
    }
    const shown = new Set(checksOfName.keys())
    const matched = asked.match?.facet.startsWith('attribute:') ? asked.match.facet.slice('attribute:'.length) : null
    const wanted = matched === null ? asked.names : [matched]
    if (wanted) {
      for (const name of wanted) shown.add(products.nameOf(name) ?? NONE)
    } else {
      const frequent = [...totals].filter(([name]) => !checksOfName.has(name))
      frequent.sort(
        ([a, x], [b, y]) => y - x || ((products.names[a] as string) < (products.names[b] as string) ? -1 : 1),
      )
      for (const [name] of frequent.slice(0, MOST_NAMES)) shown.add(name)
    }
    const selected = new Set(
      filters.attributes.flatMap(({ name, values }) => values.map((value) => products.pairOf(name, value))),
    )
    const byName = new Map<number, ValueCount[]>()
    for (let pair = 0; pair < byPair.length; pair++) {
      const name = pairName[pair] as number
      if (!shown.has(name) || ((byPair[pair] as number) === 0 && !selected.has(pair))) continue
      const one = plain('attribute', products.pairValue[pair] as string, byPair[pair] as number, selected.has(pair))
      const same = byName.get(name)
      if (same) same.push({ ...one, name: products.names[name] as string })
      else byName.set(name, [{ ...one, name: products.names[name] as string }])
    }
    return [...byName.values()].flatMap((counts) => best(counts, most))
  }

  return { count, values }
}

function plain(facet: ValueCount['facet'], value: string, count: number, selected: boolean): ValueCount {
  return { facet, name: null, value, label: null, count, selected }
}

/** Whether each of the words begins a word of the value. */
function begins({ value, label }: ValueCount, prefixes: readonly string[]): boolean {
  const words = wordsOf(label ?? value).flatMap(({ surface, also, parts }) => [surface, ...also, ...parts])
  return prefixes.every((prefix) => words.some((word) => word.startsWith(prefix)))
}
