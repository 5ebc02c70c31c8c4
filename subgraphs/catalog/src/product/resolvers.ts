// Above the usual length because a product page has many fields, each of them a line or a few.
import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import { decodeId, encodeId, requireUuid, uuidFrom } from '@commerce/service/ids.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import { type Context, WRITE_SCOPE } from '../context.ts'
import { atMost, badInput, exactlyOne, notFound } from '../input.ts'
import { type FilterInput, productPage, type SortInput } from '../listing/resolvers.ts'
import { priceRange } from '../price/price.ts'
import { readAttribute } from './attribute.ts'
import type { Named } from './parts.ts'
import { optionsOf, type ProductState, variantTitle } from './product.ts'
import { type UpsertOutcome, upsertProduct } from './service.ts'
import { type Problem, problem } from './text.ts'
import { type ProductVariant, variantAt, variantBySku } from './variant-of.ts'
import type { ProductWish, VariantWish } from './wish.ts'

const MAX_IDS = 100
/** How many products one subscription may follow. */
const MAX_FOLLOWED = 200

interface ListArguments extends PageArguments {
  ids?: readonly string[] | null
  filter?: FilterInput | null
  sort?: SortInput | null
}

interface UpsertArguments extends Omit<ProductWish, 'title' | 'popularity' | 'variants'> {
  id?: string | null
  slug?: string | null
  title?: string | null
  popularity?: number | null
  expectedVersion?: number | null
  variants?: readonly VariantWish[] | null
}

export const productQueries = {
  async product(_: unknown, { id, slug }: { id?: string | null; slug?: string | null }, context: Context) {
    exactlyOne('`id` and `slug`', id, slug)
    const uuid = id == null ? await context.loaders.slug.load(slug ?? '') : uuidFrom(id, 'Product')
    return uuid && context.loaders.product.load(uuid)
  },
  products(_: unknown, { ids, filter, sort, ...page }: ListArguments, context: Context) {
    const uuids = ids && atMost(MAX_IDS, 'ids', ids).map((id) => requireUuid(id, 'Product', 'ids'))
    return productPage(context, uuids ? { ids: uuids } : {}, filter ?? {}, sort, pageFrom(page))
  },
  variant(_: unknown, { id, sku }: { id?: string | null; sku?: string | null }, context: Context) {
    exactlyOne('`id` and `sku`', id, sku)
    return id == null ? variantBySku(context, sku ?? '') : variantById(context, id)
  },
  node: (_: unknown, { id }: { id: string }, context: Context) => findNode(context, id),
  nodes: (_: unknown, { ids }: { ids: readonly string[] }, context: Context) =>
    atMost(MAX_IDS, 'ids', ids).map((id) => findNode(context, id)),
  async productStates(_: unknown, { ids }: { ids: readonly string[] }, { loaders }: Context) {
    const asked = [...new Set(atMost(MAX_FOLLOWED, 'ids', ids))]
    const uuids = asked.map((id) => requireUuid(id, 'Product', 'ids'))
    const products = await Promise.all(uuids.map((uuid) => loaders.product.load(uuid)))
    const missing = asked.filter((_, i) => products[i] === null)
    if (missing.length > 0) throw notFound(`\`ids\`: there is no product with the id ${missing.join(', ')}.`)
    return products.map((product, i) => ({ id: asked[i], version: product?.version, product }))
  },
}

export const productMutations = {
  async productUpsert(_: unknown, { input }: { input: UpsertArguments }, context: Context) {
    requireScope(context.viewer, WRITE_SCOPE)
    const { id, slug, title, expectedVersion, variants, ...wish } = input
    const problems = formProblems(input)
    if (problems.length > 0) return upsertPayload({ outcome: 'invalid', problems }, context)
    const outcome = await upsertProduct(context.catalog, {
      id: id == null ? null : uuidFrom(id, 'Product'),
      slug: slug ?? null,
      expectedVersion: expectedVersion ?? null,
      wish: { ...toWish(wish, variants), title: title ?? undefined },
    })
    return upsertPayload(outcome, context)
  },
}

export const productTypes = {
  Node: { __resolveType: (node: { __typename: string }) => node.__typename },
  Product: {
    __resolveReference: ({ id }: { id: string }, context: Context) => {
      const uuid = uuidFrom(id, 'Product')
      return uuid && context.loaders.product.load(uuid)
    },
    id: ({ id }: ProductState) => encodeId('Product', id),
    category: ({ categoryId }: ProductState, _: unknown, { loaders }: Context) =>
      categoryId && loaders.category.load(categoryId),
    options: optionsOf,
    variants(product: ProductState, page: PageArguments) {
      return variantPage(product, page)
    },
    async priceRange({ variants }: ProductState, _: unknown, { loaders }: Context) {
      const prices = await loaders.price.loadMany(variants.map(({ sku }) => sku))
      return priceRange(prices.map((price) => price?.value ?? null))
    },
  },
  Variant: {
    __resolveReference: ({ id, sku }: { id?: string; sku?: string }, context: Context) =>
      sku === undefined ? variantById(context, id ?? '') : variantBySku(context, sku),
    id: ({ variant }: ProductVariant) => encodeId('Variant', variant.id),
    sku: ({ variant }: ProductVariant) => variant.sku,
    title: ({ product, variant }: ProductVariant) => variantTitle(product, variant),
    options: ({ variant }: ProductVariant) => variant.options,
    media: ({ variant }: ProductVariant) => variant.media,
    gtin: ({ variant }: ProductVariant) => variant.gtin,
    mpn: ({ variant }: ProductVariant) => variant.mpn,
    condition: ({ variant }: ProductVariant) => variant.condition,
    version: ({ product }: ProductVariant) => product.version,
  },
  Attribute: {
    kind: ({ value }: Named) => readAttribute(value).kind,
    number: ({ value }: Named) => part(value, 'number'),
    unit: ({ value }: Named) => part(value, 'unit'),
    boolean: ({ value }: Named) => part(value, 'boolean'),
  },
}

function part(value: string, name: 'number' | 'unit' | 'boolean'): unknown {
  return (readAttribute(value) as Record<string, unknown>)[name] ?? null
}

function variantPage(product: ProductState, page: PageArguments) {
  const { position, ...rest } = pageFrom(page)
  const rows = product.variants.map((variant, at) => ({ product, variant, at }))
  const from = position === null ? null : Number(position[0])
  if (from !== null && !Number.isInteger(from)) throw badInput('The cursor is not one of a list of variants.')
  const ordered = rest.backward
    ? rows.filter(({ at }) => from === null || at < from).reverse()
    : rows.filter(({ at }) => from === null || at > from)
  return toConnection(ordered.slice(0, rest.limit + 1), { ...rest, position }, ({ at }) => [String(at)])
}

async function variantById(context: Context, id: string): Promise<ProductVariant | null> {
  const uuid = uuidFrom(id, 'Variant')
  const place = uuid && (await context.loaders.variant.load(uuid))
  return place ? variantAt(context, place.productId, place.variantId) : null
}

async function findNode(context: Context, id: string): Promise<object | null> {
  const { type, key } = decodeId(id) ?? { type: '', key: '' }
  if (uuidFrom(id, type) === null) return null
  const node =
    type === 'Product'
      ? await context.loaders.product.load(key)
      : type === 'Variant'
        ? await variantById(context, id)
        : type === 'Category'
          ? await context.loaders.category.load(key)
          : null
  return node && { __typename: type, ...node }
}

// What a wish cannot say: it has a UUID or none, and a title or none.
function formProblems({ id, slug, title }: UpsertArguments): Problem[] {
  return [
    id == null || uuidFrom(id, 'Product') ? null : problem(['id'], 'the id of a Product', id),
    id == null || slug == null ? null : problem(['slug'], 'an `id` or a `slug`, not both', slug),
    title === null ? problem(['title'], 'a title: it cannot be emptied', title) : null,
  ].filter((found) => found !== null)
}

// GraphQL hands null for what shall be emptied and undefined for what shall stay.
function toWish(
  wish: Omit<UpsertArguments, 'id' | 'slug' | 'title' | 'expectedVersion' | 'variants'>,
  variants: UpsertArguments['variants'],
): ProductWish {
  return {
    ...wish,
    popularity: wish.popularity === null ? 0 : wish.popularity,
    media: wish.media === null ? [] : wish.media?.map(withAlt),
    attributes: wish.attributes === null ? [] : wish.attributes,
    variants: (variants ?? []).map((variant) => ({
      ...variant,
      options: variant.options === null ? [] : variant.options,
      media: variant.media === null ? [] : variant.media?.map(withAlt),
    })),
  }
}

function withAlt({ url, alt }: { url: string; alt?: string | null }): { url: string; alt: string | null } {
  return { url, alt: alt ?? null }
}

async function upsertPayload(outcome: UpsertOutcome, { loaders }: Context) {
  const error = (code: string, field: string[] | null, message: string) => ({ code, field, message })
  const refuse = (...userErrors: object[]) => ({ product: null, userErrors, warnings: [] })
  switch (outcome.outcome) {
    case 'saved':
      return { product: await loaders.product.load(outcome.id), userErrors: [], warnings: [] }
    case 'invalid':
      return refuse(
        ...outcome.problems.map(({ path, expected, got }) =>
          error('INVALID', path, `Expected ${expected}, got ${got}.`),
        ),
      )
    case 'tooLarge':
      return refuse(
        error(
          'INVALID',
          null,
          'The product is too large: with its description, attributes and variants it has more than 900,000 bytes.',
        ),
      )
    case 'notFound':
      return refuse(error('PRODUCT_NOT_FOUND', ['id'], 'There is no product with this id.'))
    case 'skuTaken':
      return refuse(
        error('SKU_TAKEN', ['variants', String(outcome.index), 'sku'], `"${outcome.sku}" belongs to another product.`),
      )
    case 'conflict':
      return refuse(error('VERSION_CONFLICT', ['expectedVersion'], `The product is at version ${outcome.version}.`))
  }
}
