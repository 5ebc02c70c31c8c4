import { toAmount } from '@commerce/service/money.ts'
import type { FiltersArgument } from './filters.ts'

/** Filters in the shape of `SearchFiltersValue`: every field there, null when it filters nothing. */
export type FiltersValue = {
  [field in keyof FiltersArgument]-?: field extends 'attributes'
    ? AttributeValue[] | null
    : NonNullable<FiltersArgument[field]> | null
}

interface AttributeValue {
  name: string
  values: string[]
  min: number | null
  max: number | null
}

/** Filters with every field. */
export function filtersValue(filters: FiltersArgument | null | undefined): FiltersValue {
  return {
    brands: filled(filters?.brands),
    categoryIds: filled(filters?.categoryIds),
    categorySlugs: filled(filters?.categorySlugs),
    priceMin: filters?.priceMin ?? null,
    priceMax: filters?.priceMax ?? null,
    currency: filters?.currency ?? null,
    inStock: filters?.inStock ?? null,
    onSale: filters?.onSale ?? null,
    ratingMin: filters?.ratingMin ?? null,
    attributes: filled(
      filters?.attributes?.map(({ name, values, min = null, max = null }) => ({ name, values, min, max })),
    ),
  }
}

function filled<T>(list: T[] | null | undefined): T[] | null {
  return list && list.length > 0 ? list : null
}

/** The value added to a list, or taken out when it is there. */
export function toggled(list: readonly string[] | null, value: string, selected: boolean): string[] | null {
  const others = (list ?? []).filter((one) => one !== value)
  return filled(selected ? others : [...others, value])
}

/** Filters with a category, in place of those above it; or without it, when it is selected. */
export function chooseCategory(filters: FiltersValue, slug: string, selected: boolean): FiltersValue {
  if (selected) return { ...filters, categorySlugs: toggled(filters.categorySlugs, slug, true), categoryIds: null }
  return { ...filters, categorySlugs: [slug], categoryIds: null }
}

/** Filters with a price range in a currency, ends in minor units, in place of another; or without, when it is selected. */
export function choosePrice(
  filters: FiltersValue,
  range: { from: number | null; to: number | null; currencyCode: string },
  selected: boolean,
): FiltersValue {
  const amount = (units: number | null): string | null =>
    units === null ? null : toAmount({ minorUnits: BigInt(units), currencyCode: range.currencyCode })
  if (selected) return { ...filters, priceMin: null, priceMax: null }
  return { ...filters, priceMin: amount(range.from), priceMax: amount(range.to), currency: range.currencyCode }
}

/** Filters with an attribute's value added, which ends a range of that attribute; or without it, when it is selected. */
export function chooseAttribute(filters: FiltersValue, name: string, value: string, selected: boolean): FiltersValue {
  const all = filters.attributes ?? []
  // The same name may stand there twice; choosing makes it one entry.
  const known = all.filter((one) => one.name === name).flatMap((one) => one.values)
  const values = toggled(known, value, selected)
  const others = all.filter((one) => one.name !== name)
  return { ...filters, attributes: filled(values ? [...others, { name, values, min: null, max: null }] : others) }
}
