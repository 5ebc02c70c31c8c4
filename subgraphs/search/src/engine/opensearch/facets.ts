/*
 * Facets as aggregations: each counts what passes all filters but its own, selected values besides the most frequent ones. Long because
 * each kind of facet is asked for and read in another way.
 */
import { wordsOf } from '../../analysis/words.ts'
import type { FacetRequest, SearchRequest, ValueCount } from '../port.ts'
import type { FilterClause, Query } from './filters.ts'
import { SEPARATOR } from './indices.ts'

/** The client's types know no `field` of terms. */
type Aggregation = Record<string, object>
export type Aggregations = Record<string, Aggregation>

interface Bucket {
  key: string | number
  doc_count: number
  values?: Terms
}
interface Terms {
  buckets: Bucket[]
}
interface Answer {
  doc_count?: number
  [name: string]: unknown
}

/** Values of one facet that a value search looks through. */
const MOST_VALUES = 1_000
const MOST_NAMES = 5
const RATINGS = [1, 2, 3, 4]

/** The aggregations of a request; each stands behind a filter of its own. */
export function aggregationsOf(
  request: SearchRequest,
  asked: FacetRequest,
  clauses: readonly FilterClause[],
): Aggregations {
  const { filters, currencyCode } = request
  const size = Math.max(1, asked.match ? MOST_VALUES : asked.valuesPerFacet)
  const behind = (isOwn: (clause: FilterClause) => boolean, aggs: Aggregations): Aggregation => ({
    filter: { bool: { filter: clauses.filter((clause) => !isOwn(clause)).map(({ query }) => query) } },
    aggs,
  })
  const of = (facet: ValueCount['facet'], aggs: Aggregations) => behind((clause) => clause.facet === facet, aggs)
  const edges = asked.priceEdges
  const ranges = [...edges, undefined].map((to, n) => ({
    key: String(n),
    ...(n > 0 ? { from: edges[n - 1] } : {}),
    ...(to === undefined ? {} : { to }),
  }))
  const aggregations: Aggregations = {
    category: of('category', {
      values: {
        terms: {
          field: 'categoryNodes',
          size: size + filters.categories.ids.length + filters.categories.slugs.length,
          include: offeredCategories(request),
        },
      },
    }),
    brand: of('brand', {
      values: { terms: { field: 'brand', size } },
      ...(filters.brands.length > 0
        ? { selected: { terms: { field: 'brand', include: [...filters.brands], size: filters.brands.length } } }
        : {}),
    }),
    price: of('price', {
      prices: pricesIn(currencyCode, { values: { range: { field: 'prices.amount', ranges } } }),
    }),
    inStock: of('inStock', { values: { terms: { field: 'inStock', size: 2 } } }),
    onSale: of('onSale', {
      prices: pricesIn(filters.price.currencyCode, { sale: { filter: { term: { 'prices.onSale': { value: 1 } } } } }),
    }),
    rating: of('rating', {
      values: {
        filters: {
          filters: Object.fromEntries(
            RATINGS.map((rating): [string, Query] => [String(rating), { range: { rating: { gte: rating } } }]),
          ),
        },
      },
    }),
  }
  const filtered = new Set(filters.attributes.map(({ name }) => name))
  const matched = asked.match?.facet.startsWith('attribute:') ? asked.match.facet.slice('attribute:'.length) : null
  const names = (matched === null ? asked.names : [matched])?.filter((name) => !filtered.has(name))
  if (!names || names.length > 0) {
    const which = names ? { include: [...names], size: names.length } : { size: MOST_NAMES + filtered.size }
    aggregations.attributes = behind(() => false, {
      nested: {
        nested: { path: 'attributes' },
        aggs: { names: { terms: { field: 'attributes.name', ...which }, aggs: valuesOf(size) } },
      },
    })
  }
  for (const [n, name] of [...filtered].entries()) {
    const selected = filters.attributes.filter((one) => one.name === name).flatMap(({ values }) => values)
    aggregations[`attribute ${n}`] = behind((clause) => clause.facet === 'attribute' && clause.name === name, {
      nested: {
        nested: { path: 'attributes' },
        aggs: {
          own: {
            filter: { term: { 'attributes.name': { value: name } } },
            aggs: {
              ...valuesOf(size),
              ...(selected.length > 0
                ? { selected: { terms: { field: 'attributes.value', include: selected, size: selected.length } } }
                : {}),
            },
          },
        },
      },
    })
  }
  return aggregations
}

/** What the aggregations of a request counted. */
export function countsOf(request: SearchRequest, asked: FacetRequest, answers: Record<string, unknown>): ValueCount[] {
  const { filters } = request
  const at = (...path: string[]): unknown =>
    path.reduce<unknown>((value, name) => (value as Answer | undefined)?.[name], answers)
  const buckets = (...path: string[]): Bucket[] => (at(...path) as Terms | undefined)?.buckets ?? []
  const counts: ValueCount[] = []
  const add = (
    facet: ValueCount['facet'],
    value: string,
    count: number,
    selected: boolean,
    name: string | null = null,
    label: string | null = null,
  ) => {
    if (count > 0 || selected) counts.push({ facet, name, value, label, count, selected })
  }
  const valuesWith = (selected: readonly string[], ...path: string[]): [string, number][] => {
    const known = new Map<string, number>(selected.map((value) => [value, 0]))
    for (const { key, doc_count: count } of [...buckets(...path, 'values'), ...buckets(...path, 'selected')])
      known.set(String(key), count)
    return [...known]
  }
  const { ids, slugs } = filters.categories
  for (const { key, doc_count: count } of buckets('category', 'values')) {
    const [, , id = '', slug = '', label = ''] = String(key).split(SEPARATOR)
    add('category', slug, count, ids.includes(id) || slugs.includes(slug), null, label)
  }
  for (const [value, count] of valuesWith(filters.brands, 'brand'))
    add('brand', value, count, filters.brands.includes(value))
  for (const { key, doc_count: count } of buckets('price', 'prices', 'own', 'values'))
    add('price', String(key), count, isRange(Number(key), request, asked))
  const stock = new Map(buckets('inStock', 'values').map(({ key, doc_count: count }) => [Number(key), count]))
  for (const n of [1, 0]) add('inStock', String(n === 1), stock.get(n) ?? 0, filters.inStock === (n === 1))
  const all = (at('onSale', 'doc_count') as number | undefined) ?? 0
  const sale = (at('onSale', 'prices', 'own', 'sale', 'doc_count') as number | undefined) ?? 0
  add('onSale', 'true', sale, filters.onSale === true)
  add('onSale', 'false', all - sale, filters.onSale === false)
  for (const n of RATINGS)
    add(
      'rating',
      String(n),
      (at('rating', 'values', 'buckets', String(n), 'doc_count') as number | undefined) ?? 0,
      filters.ratingMin === n,
    )
  const filtered = [...new Set(filters.attributes.map(({ name }) => name))]
  const unfiltered = buckets('attributes', 'nested', 'names').filter(({ key }) => !filtered.includes(String(key)))
  for (const { key: name, values } of unfiltered.slice(0, asked.names || asked.match ? undefined : MOST_NAMES)) {
    for (const { key, doc_count: count } of values?.buckets ?? [])
      add('attribute', String(key), count, false, String(name))
  }
  for (const [n, name] of filtered.entries()) {
    const selected = filters.attributes.filter((one) => one.name === name).flatMap(({ values }) => values)
    for (const [value, count] of valuesWith(selected, `attribute ${n}`, 'nested', 'own'))
      add('attribute', value, count, selected.includes(value), name)
  }
  return best(asked.match ? counts.filter((one) => isMatch(one, asked.match)) : counts, asked.valuesPerFacet)
}

function valuesOf(size: number): Aggregations {
  return { values: { terms: { field: 'attributes.value', size } } }
}

function pricesIn(currencyCode: string, aggs: Aggregations): Aggregation {
  return {
    nested: { path: 'prices' },
    aggs: { own: { filter: { term: { 'prices.currency': { value: currencyCode } } }, aggs } },
  }
}

/** The chosen categories and the next level below, or the roots: as an expression over what `categoryNodes` hold. */
function offeredCategories({ filters }: SearchRequest): string {
  const any = `[^${SEPARATOR}]*`
  const node = (parentId: string, parentSlug: string, id: string, slug: string) =>
    [parentId, parentSlug, id, slug, any].join(SEPARATOR)
  const { ids, slugs } = filters.categories
  if (ids.length + slugs.length === 0) return node('', '', any, any)
  return [
    ...ids.map(escaped).flatMap((id) => [node(any, any, id, any), node(id, any, any, any)]),
    ...slugs.map(escaped).flatMap((slug) => [node(any, any, any, slug), node(any, slug, any, any)]),
  ].join('|')
}

function escaped(text: string): string {
  return text.replace(/[.?+*|{}[\]()"\\#@&<>~^$-]/g, '\\$&')
}

function isRange(n: number, { filters }: SearchRequest, { priceEdges }: FacetRequest): boolean {
  const { min, max } = filters.price
  if (min === null && max === null) return false
  const isFrom = min === null ? n === 0 : Number(min) === priceEdges[n - 1]
  const isTo = max === null ? n === priceEdges.length : Number(max) === (priceEdges[n] ?? Number.NaN) - 1
  return isFrom && isTo
}

/** The most frequent values of each facet, and the selected ones. */
function best(counts: ValueCount[], limit: number): ValueCount[] {
  const others = new Map<string, number>()
  const isOrdered = ({ facet }: ValueCount) => facet === 'category' || facet === 'brand' || facet === 'attribute'
  const groups = Map.groupBy(counts, ({ facet, name }) => `${facet} ${name}`)
  return [...groups].flatMap(([group, values]) => {
    if (values[0] && isOrdered(values[0]))
      values.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
    return values.filter((one) => {
      if (one.selected || !isOrdered(one)) return true
      others.set(group, (others.get(group) ?? 0) + 1)
      return (others.get(group) as number) <= limit
    })
  })
}

/** Whether each word that was typed begins a word of the value. */
function isMatch(one: ValueCount, match: FacetRequest['match']): boolean {
  if (!match || match.facet !== (one.facet === 'attribute' ? `attribute:${one.name}` : one.facet)) return false
  const words = wordsOf(one.label ?? one.value).flatMap(({ surface, also, parts }) => [surface, ...also, ...parts])
  return wordsOf(match.prefix).every(({ surface }) => words.some((word) => word.startsWith(surface)))
}
