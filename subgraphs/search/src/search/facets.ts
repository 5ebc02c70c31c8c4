import { exponentOf, toAmount } from '@commerce/service/money.ts'
import type { SearchRequest, ValueCount } from '../engine/port.ts'
import { chooseAttribute, chooseCategory, choosePrice, type FiltersValue, toggled } from './choice.ts'

/** A facet as shoppers get it; see schema.graphql. */
export interface Facet {
  key: string
  label: string
  values: FacetValue[]
}

export interface FacetValue {
  label: string
  value: string
  count: number
  selected: boolean
  input: FiltersValue
}

/** Where price ranges begin, in minor units, ascending: 10, 25, 50 ... of a currency with cents, 1000, 2500 ... yen. */
export function priceEdges(currencyCode: string): number[] {
  const scale = 10 ** Math.max(0, exponentOf(currencyCode) - 2)
  return [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000].map((edge) => edge * scale)
}

/**
 * Facets in the order of a shop page, from the engine's counts; those without values are left out, and those that `keys` does not name
 * when it is given. `chosen`: the filters of the search, to build each value's `input` from.
 */
export function facetsOf(
  counts: readonly ValueCount[],
  request: SearchRequest,
  chosen: FiltersValue,
  keys: readonly string[] | null = null,
): Facet[] {
  const { filters, facets: wanted } = request
  const match = wanted?.match?.facet
  const of = (facet: ValueCount['facet']): ValueCount[] => counts.filter((count) => count.facet === facet)
  const filtered = new Map(filters.attributes.map(({ name, values }) => [name, values]))
  const names = new Set([...filtered.keys(), ...namesByFrequency(of('attribute'))])
  // Values that are searched for inside a facet are those found, without what else is selected.
  const kept = (of: readonly ValueCount[], selected: readonly string[]): Count[] =>
    match ? [...of] : withSelected(of, selected)
  const flags = (facet: 'inStock' | 'onSale', labels: [string, string]): FacetValue[] =>
    flagValues(of(facet), filters[facet], labels).map((count) => ({
      ...count,
      input: { ...chosen, [facet]: count.selected ? null : count.value === 'true' },
    }))
  const facets: Facet[] = [
    {
      key: 'category',
      label: 'Category',
      values: byCount(of('category')).map((count) => ({
        ...count,
        input: chooseCategory(chosen, count.value, count.selected),
      })),
    },
    {
      key: 'brand',
      label: 'Brand',
      values: byCount(kept(of('brand'), filters.brands)).map((count) => ({
        ...count,
        input: { ...chosen, brands: toggled(chosen.brands, count.value, count.selected) },
      })),
    },
    { key: 'price', label: 'Price', values: priceValues(of('price'), request, chosen) },
    { key: 'inStock', label: 'Availability', values: flags('inStock', ['In stock', 'Out of stock']) },
    { key: 'onSale', label: 'Offers', values: flags('onSale', ['On sale', 'Not on sale']) },
    { key: 'rating', label: 'Rating', values: ratingValues(of('rating'), filters.ratingMin, chosen) },
    ...[...names].map((name) => ({
      key: `attribute:${name}`,
      label: name,
      values: byCount(
        kept(
          of('attribute').filter((count) => count.name === name),
          filtered.get(name) ?? [],
        ),
      ).map((count) => ({ ...count, input: chooseAttribute(chosen, name, count.value, count.selected) })),
    })),
  ]
  const isWanted = ({ key }: Facet): boolean => (match ? key === match : keys === null || keys.includes(key))
  return facets.filter((facet) => facet.values.length > 0 && isWanted(facet))
}

type Count = Pick<ValueCount, 'value' | 'label' | 'count' | 'selected'>
type Shown = Omit<FacetValue, 'input'>

/** What is filtered by stays in the list even when nothing has it, so that it can be taken back. */
function withSelected(counts: readonly Count[], selected: readonly string[]): Count[] {
  const known = new Set(counts.map(({ value }) => value))
  const missing = selected.filter((value) => !known.has(value))
  return [...counts, ...missing.map((value) => ({ value, label: null, count: 0, selected: true }))]
}

function byCount(counts: readonly Count[]): Shown[] {
  return [...counts]
    .sort((a, b) => b.count - a.count || compare(a.value, b.value))
    .map(({ value, label, count, selected }) => ({ value, label: label ?? value, count, selected }))
}

function namesByFrequency(counts: readonly ValueCount[]): string[] {
  const totals = new Map<string, number>()
  for (const { name, count } of counts) totals.set(name ?? '', (totals.get(name ?? '') ?? 0) + count)
  return [...totals].sort(([a, x], [b, y]) => y - x || compare(a, b)).map(([name]) => name)
}

function priceValues(
  counts: readonly Count[],
  { currencyCode, filters: { price } }: SearchRequest,
  chosen: FiltersValue,
): FacetValue[] {
  const edges = priceEdges(currencyCode)
  const amount = (minorUnits: number): string => toAmount({ minorUnits: BigInt(minorUnits), currencyCode })
  return counts
    .map(({ value, count }) => ({ range: Number(value), count }))
    .sort((a, b) => a.range - b.range)
    .map(({ range, count }) => {
      const from = edges[range - 1] ?? null
      const next = edges[range]
      const to = next === undefined ? null : next - 1
      const selected = (price.min !== null || price.max !== null) && equal(price.min, from) && equal(price.max, to)
      const label =
        from === null
          ? `up to ${amount(to as number)}`
          : to === null
            ? `from ${amount(from)}`
            : `${amount(from)} - ${amount(to)}`
      const value = `${from === null ? '' : amount(from)}..${to === null ? '' : amount(to)}`
      const input = choosePrice(chosen, { from, to, currencyCode }, selected)
      return { value, label: `${label} ${currencyCode}`, count, selected, input }
    })
}

function equal(units: bigint | null, bound: number | null): boolean {
  return units === (bound === null ? null : BigInt(bound))
}

function flagValues(counts: readonly Count[], wanted: boolean | null, [yes, no]: [string, string]): Shown[] {
  return withSelected(counts, wanted === null ? [] : [String(wanted)])
    .sort((a, b) => compare(b.value, a.value))
    .map((count) => ({ ...count, label: count.value === 'true' ? yes : no }))
}

function ratingValues(counts: readonly Count[], ratingMin: number | null, chosen: FiltersValue): FacetValue[] {
  return withSelected(counts, ratingMin === null ? [] : [String(ratingMin)])
    .sort((a, b) => Number(b.value) - Number(a.value))
    .map(({ value, count }) => {
      const selected = Number(value) === ratingMin
      return {
        value,
        label: `${value} and more`,
        count,
        selected,
        input: { ...chosen, ratingMin: selected ? null : Number(value) },
      }
    })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
