import { exponentOf, toAmount } from '@commerce/service/money.ts'
import type { SearchRequest, ValueCount } from '../engine/engine.ts'

/** A facet as shoppers get it; see schema.graphql. */
export interface Facet {
  key: string
  label: string
  values: { label: string; value: string; count: number; selected: boolean }[]
}

/** Where price ranges begin, in minor units, ascending: 10, 25, 50 ... of a currency with cents, 1000, 2500 ... yen. */
export function priceEdges(currencyCode: string): number[] {
  const scale = 10 ** Math.max(0, exponentOf(currencyCode) - 2)
  return [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000].map((edge) => edge * scale)
}

/** Facets in the order of a shop page, from the engine's counts; those without values are left out. */
export function facetsOf(counts: readonly ValueCount[], request: SearchRequest): Facet[] {
  const of = (facet: ValueCount['facet']): ValueCount[] => counts.filter((count) => count.facet === facet)
  const filtered = new Map(request.attributes.map(({ name, values }) => [name, values]))
  const names = new Set([...filtered.keys(), ...namesByFrequency(of('attribute'))])
  const facets: Facet[] = [
    { key: 'category', label: 'Category', values: byCount(of('category')) },
    { key: 'brand', label: 'Brand', values: byCount(withSelected(of('brand'), request.brands)) },
    { key: 'price', label: 'Price', values: priceValues(of('price'), request) },
    { key: 'inStock', label: 'Availability', values: stockValues(of('inStock'), request) },
    ...[...names].map((name) => ({
      key: `attribute:${name}`,
      label: name,
      values: byCount(
        withSelected(
          of('attribute').filter((count) => count.name === name),
          filtered.get(name) ?? [],
        ),
      ),
    })),
  ]
  return facets.filter(({ values }) => values.length > 0)
}

type Count = Pick<ValueCount, 'value' | 'label' | 'count' | 'selected'>

/** What is filtered by stays in the list even when nothing has it, so that it can be taken back. */
function withSelected(counts: readonly Count[], selected: readonly string[]): Count[] {
  const known = new Set(counts.map(({ value }) => value))
  const missing = selected.filter((value) => !known.has(value))
  return [...counts, ...missing.map((value) => ({ value, label: null, count: 0, selected: true }))]
}

function byCount(counts: readonly Count[]): Facet['values'] {
  return [...counts]
    .sort((a, b) => b.count - a.count || compare(a.value, b.value))
    .map(({ value, label, count, selected }) => ({ value, label: label ?? value, count, selected }))
}

function namesByFrequency(counts: readonly ValueCount[]): string[] {
  const totals = new Map<string, number>()
  for (const { name, count } of counts) totals.set(name ?? '', (totals.get(name ?? '') ?? 0) + count)
  return [...totals].sort(([a, x], [b, y]) => y - x || compare(a, b)).map(([name]) => name)
}

function priceValues(counts: readonly Count[], { currencyCode, priceMin, priceMax }: SearchRequest): Facet['values'] {
  const edges = priceEdges(currencyCode)
  const amount = (minorUnits: number): string => toAmount({ minorUnits: BigInt(minorUnits), currencyCode })
  return counts
    .map(({ value, count }) => ({ range: Number(value), count }))
    .sort((a, b) => a.range - b.range)
    .map(({ range, count }) => {
      const from = range === 0 ? null : (edges[range - 1] as number)
      const next = edges[range]
      const to = next === undefined ? null : next - 1
      const selected = (priceMin !== null || priceMax !== null) && equal(priceMin, from) && equal(priceMax, to)
      const label =
        from === null
          ? `up to ${amount(to as number)}`
          : to === null
            ? `from ${amount(from)}`
            : `${amount(from)} - ${amount(to)}`
      const value = `${from === null ? '' : amount(from)}..${to === null ? '' : amount(to)}`
      return { value, label: `${label} ${currencyCode}`, count, selected }
    })
}

function equal(units: bigint | null, bound: number | null): boolean {
  return units === (bound === null ? null : BigInt(bound))
}

function stockValues(counts: readonly Count[], { inStock }: SearchRequest): Facet['values'] {
  const selected = inStock === null ? [] : [String(inStock)]
  return withSelected(counts, selected)
    .sort((a, b) => compare(b.value, a.value))
    .map((count) => ({ ...count, label: count.value === 'true' ? 'In stock' : 'Out of stock' }))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
