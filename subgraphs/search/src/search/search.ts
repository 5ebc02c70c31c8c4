import { uuidFrom } from '@commerce/service/ids.ts'
import { exponentOf, fromAmount } from '@commerce/service/money.ts'
import type { SearchRequest, Slice, Sort } from '../engine/engine.ts'

/** The arguments of `search` as GraphQL hands them over. */
export interface SearchArguments {
  query?: string | null
  filters?: {
    brands?: string[] | null
    categoryIds?: string[] | null
    categorySlugs?: string[] | null
    priceMin?: string | null
    priceMax?: string | null
    currency?: string | null
    inStock?: boolean | null
    attributes?: { name: string; values: string[] }[] | null
  } | null
}

/** What was asked for cannot be searched; `message` says what is wrong with it. GraphQL answers it with this code. */
export class InputError extends Error {
  override name = 'InputError'
  readonly extensions = { code: 'BAD_USER_INPUT' }
}

const MAX_LIST = 50

/** Checks the arguments of a search. Throws `InputError`. */
export function requestFrom({ query, filters }: SearchArguments, shopCurrency: string): SearchRequest {
  const currencyCode = filters?.currency ?? shopCurrency
  return {
    query: query ?? '',
    brands: bounded('brands', filters?.brands),
    categories: {
      ids: bounded('categoryIds', filters?.categoryIds).map(categoryId),
      slugs: bounded('categorySlugs', filters?.categorySlugs),
    },
    priceMin: minorUnits('priceMin', filters?.priceMin, currencyCode),
    priceMax: minorUnits('priceMax', filters?.priceMax, currencyCode),
    currencyCode,
    inStock: filters?.inStock ?? null,
    attributes: mergeByName(bounded('attributes', filters?.attributes)),
  }
}

function bounded<T>(field: string, values: readonly T[] | null | undefined): readonly T[] {
  if (values && values.length > MAX_LIST)
    throw new InputError(`filters.${field} has ${values.length} entries, at most ${MAX_LIST} are allowed.`)
  return values ?? []
}

function categoryId(id: string): string {
  const uuid = uuidFrom(id, 'Category')
  if (!uuid) throw new InputError(`filters.categoryIds: "${id.slice(0, 100)}" is not the id of a category.`)
  return uuid
}

function minorUnits(field: string, amount: string | null | undefined, currencyCode: string): bigint | null {
  if (amount == null) return null
  const units = fromAmount(amount, currencyCode)
  if (units === null) {
    throw new InputError(
      `filters.${field}: "${amount}" is not an amount of ${currencyCode}, which has ${exponentOf(currencyCode)} decimal places.`,
    )
  }
  return units
}

/** One entry per name, without those that name no value. */
function mergeByName(attributes: readonly { name: string; values: string[] }[]): SearchRequest['attributes'] {
  const merged = new Map<string, Set<string>>()
  for (const { name, values } of attributes) {
    if (bounded('attributes.values', values).length === 0) continue
    merged.set(name, new Set([...(merged.get(name) ?? []), ...values]))
  }
  return [...merged].map(([name, values]) => ({ name, values: [...values] }))
}

const INT8_LIMIT = 2n ** 63n
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

interface Cursored {
  limit: number
  backward: boolean
  /** What the cursor holds: the order it was made for, then a hit's keys and id. */
  position: readonly string[] | null
}

/** A page whose cursor was made for this order; its position without the order's name. Throws `InputError`. */
export function sliceOf(sort: Sort, { limit, backward, position }: Cursored): Slice {
  if (position === null) return { limit, backward, position }
  const [madeFor, key1, key2, id, ...rest] = position
  if (madeFor !== sort || !isKey(key1) || !isKey(key2) || !id || !UUID.test(id) || rest.length > 0) {
    throw new InputError(`The cursor belongs to another list: use one of a page sorted by ${sort}.`)
  }
  return { limit, backward, position: [key1, key2, id] }
}

function isKey(text: string | undefined): text is string {
  return (
    text !== undefined &&
    /^-?\d{1,19}$/.test(text) &&
    BigInt.asIntN(64, BigInt(text)) === BigInt(text) &&
    BigInt(text) > -INT8_LIMIT
  )
}
