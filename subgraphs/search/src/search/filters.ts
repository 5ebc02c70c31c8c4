import { uuidFrom } from '@commerce/service/ids.ts'
import { exponentOf, fromAmount } from '@commerce/service/money.ts'
import { BOUNDS, type Filters } from '../engine/port.ts'

/** The input `SearchFilters` as GraphQL hands it over. */
export interface FiltersArgument {
  brands?: string[] | null
  categoryIds?: string[] | null
  categorySlugs?: string[] | null
  priceMin?: string | null
  priceMax?: string | null
  currency?: string | null
  inStock?: boolean | null
  onSale?: boolean | null
  ratingMin?: number | null
  attributes?: AttributeArgument[] | null
}

/** The input `SearchAttributeFilter`. */
export interface AttributeArgument {
  name: string
  values: string[]
  min?: number | null
  max?: number | null
}

/** What was asked for cannot be searched; `message` says what is wrong with it. GraphQL answers it with this code. */
export class InputError extends Error {
  override name = 'InputError'
  readonly extensions = { code: 'BAD_USER_INPUT' }
}

/** Checks filters; `field` names them in the error. Throws `InputError`. */
export function filtersFrom(
  filters: FiltersArgument | null | undefined,
  shopCurrency: string,
  field = 'filters',
): Filters {
  const currencyCode = filters?.currency ?? shopCurrency
  const amount = (name: 'priceMin' | 'priceMax') => minorUnits(`${field}.${name}`, filters?.[name], currencyCode)
  return {
    brands: bounded(`${field}.brands`, filters?.brands),
    categories: {
      ids: bounded(`${field}.categoryIds`, filters?.categoryIds).map((id) => categoryId(`${field}.categoryIds`, id)),
      slugs: bounded(`${field}.categorySlugs`, filters?.categorySlugs),
    },
    price: { min: amount('priceMin'), max: amount('priceMax'), currencyCode },
    inStock: filters?.inStock ?? null,
    onSale: filters?.onSale ?? null,
    ratingMin: filters?.ratingMin ?? null,
    attributes: mergeByName(bounded(`${field}.attributes`, filters?.attributes), field),
  }
}

/** The list, or none. Throws `InputError` when it has more values than a filter may have. */
export function bounded<T>(field: string, values: readonly T[] | null | undefined): readonly T[] {
  if (values && values.length > BOUNDS.listValues) {
    throw new InputError(`${field} has ${values.length} entries, at most ${BOUNDS.listValues} are allowed.`)
  }
  return values ?? []
}

function categoryId(field: string, id: string): string {
  const uuid = uuidFrom(id, 'Category')
  if (!uuid) throw new InputError(`${field}: "${id.slice(0, 100)}" is not the id of a category.`)
  return uuid
}

function minorUnits(field: string, amount: string | null | undefined, currencyCode: string): bigint | null {
  if (amount == null) return null
  const units = fromAmount(amount, currencyCode)
  if (units !== null) return units
  throw new InputError(
    `${field}: "${amount}" is not an amount of ${currencyCode}, which has ${exponentOf(currencyCode)} decimal places.`,
  )
}

/** One entry per name, without those that say nothing; where two have a range, both must hold. */
function mergeByName(attributes: readonly AttributeArgument[], field: string): Filters['attributes'] {
  const merged = new Map<string, { values: Set<string>; min: number | null; max: number | null }>()
  for (const { name, values, min = null, max = null } of attributes) {
    if (bounded(`${field}.attributes.values`, values).length === 0 && min === null && max === null) continue
    const known = merged.get(name)
    merged.set(name, {
      values: new Set([...(known?.values ?? []), ...values]),
      min: narrower(Math.max, known?.min ?? null, min),
      max: narrower(Math.min, known?.max ?? null, max),
    })
  }
  return [...merged].map(([name, { values, min, max }]) => ({
    name,
    values: [...bounded(`${field}.attributes.values`, [...values])],
    min,
    max,
  }))
}

function narrower(pick: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : pick(a, b)
}
