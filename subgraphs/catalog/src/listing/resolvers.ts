import { dependOn } from '@commerce/cache/dependencies.ts'
import { type Connection, type Page, toConnection } from '@commerce/service/connection.ts'
import { requireUuid } from '@commerce/service/ids.ts'
import { fromAmount } from '@commerce/service/money.ts'
import type { Context } from '../context.ts'
import { badInput } from '../input.ts'
import { PRICES, PRODUCTS } from '../loaders.ts'
import type { ProductState } from '../product/product.ts'
import { isCleanText } from '../product/text.ts'
import { type ListFilter, type ListRow, listProducts, type Sort } from './repository.ts'

/** `ProductFilter` as GraphQL hands it over. */
export interface FilterInput {
  brand?: string | null
  categoryId?: string | null
  priceMin?: string | null
  priceMax?: string | null
  currencyCode?: string | null
  hasPrice?: boolean | null
  updatedSince?: Date | null
}

/** `ProductSort` as GraphQL hands it over. */
export interface SortInput {
  key: Sort['key']
  direction?: Sort['direction'] | null
}

const NATURAL: Record<Sort['key'], Sort['direction']> = {
  TITLE: 'ASC',
  PRICE: 'ASC',
  NEWEST: 'DESC',
  POPULARITY: 'DESC',
}

/** One page of products. The list is read from the database; the products in it come from the loader. */
export async function productPage(
  { loaders, catalog }: Context,
  within: { ids?: readonly string[]; categoryId?: string },
  filter: FilterInput,
  sortInput: SortInput | null | undefined,
  page: Page,
): Promise<Connection<ProductState>> {
  const key = sortInput?.key ?? 'POPULARITY'
  const sort: Sort = { key, direction: sortInput?.direction ?? NATURAL[key] }
  const position = page.position && positionFrom(page.position, sort)
  dependOn(PRODUCTS) // any product can come into the list, leave it or change its place
  if (looksAtPrices(filter, sort)) dependOn(PRICES)
  const conditions = await filterFrom(loaders, within, filter)
  const rows = conditions ? await listProducts(catalog.database, conditions, sort, { ...page, position }) : []
  const products = await loaders.product.loadMany(rows.map(({ id }) => id))
  const found = rows.flatMap((row, i) => (products[i] ? [{ row, product: products[i] }] : []))
  const connection = toConnection(found, page, ({ row }) => [label(sort), ...row.values, row.id])
  return {
    ...connection,
    edges: connection.edges.map(({ cursor, node }) => ({ cursor, node: node.product })),
    nodes: connection.nodes.map(({ product }) => product),
  }
}

function looksAtPrices({ priceMin, priceMax, currencyCode, hasPrice }: FilterInput, { key }: Sort): boolean {
  return key === 'PRICE' || [priceMin, priceMax, currencyCode, hasPrice].some((condition) => condition != null)
}

const label = ({ key, direction }: Sort): string => `${key}_${direction}`

function positionFrom(cursor: readonly string[], sort: Sort): ListRow {
  const [made, ...values] = cursor
  const id = values.pop() ?? ''
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)
  if (made === label(sort) && uuid && areValues(sort.key, values)) return { values, id }
  throw badInput('The cursor is not one of a list with this `sort`: use `pageInfo.endCursor` of the page before.')
}

function areValues(key: Sort['key'], values: readonly string[]): boolean {
  const [value = '', price = ''] = values
  if (values.length !== (key === 'PRICE' ? 2 : 1)) return false
  if (key === 'PRICE') return /^[A-Z]{0,4}$/.test(value) && isInt64(price)
  if (key === 'TITLE') return isCleanText(value)
  if (key === 'NEWEST') return !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value
  return isInt64(value)
}

function isInt64(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}

/** The conditions of a filter; null when nothing can fulfil them. */
async function filterFrom(
  loaders: Context['loaders'],
  { ids, categoryId }: { ids?: readonly string[]; categoryId?: string },
  filter: FilterInput,
): Promise<ListFilter | null> {
  const currencyCode = filter.currencyCode ?? null
  const bound = (amount: string | null | undefined, name: string): bigint | null => {
    if (amount == null) return null
    if (currencyCode === null) throw badInput(`\`${name}\` is an amount of \`currencyCode\`: give that too.`)
    const units = fromAmount(amount, currencyCode)
    if (units === null) throw badInput(`\`${name}\`: "${amount}" is not an amount of ${currencyCode}.`)
    return units
  }
  const named = filter.categoryId == null ? null : requireUuid(filter.categoryId, 'Category', 'categoryId')
  const branches = await Promise.all([categoryId, named].filter((id) => id != null).map(loaders.below.load))
  const trees = branches.map((ids) => ids ?? [])
  const categoryIds = trees.length === 0 ? null : trees.reduce((all, tree) => all.filter((id) => tree.includes(id)))
  if (categoryIds?.length === 0 || ids?.length === 0 || (filter.brand != null && !isCleanText(filter.brand)))
    return null
  return {
    ids: ids ?? null,
    brand: filter.brand ?? null,
    categoryIds,
    priceMin: bound(filter.priceMin, 'priceMin'),
    priceMax: bound(filter.priceMax, 'priceMax'),
    currencyCode,
    hasPrice: filter.hasPrice ?? null,
    updatedSince: filter.updatedSince ?? null,
  }
}
