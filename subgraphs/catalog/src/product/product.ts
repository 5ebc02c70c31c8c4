import { event, type NewEvent } from '@commerce/events/contracts.ts'
import type { CategoryState } from '../category/category.ts'
import type { Media, Named } from './parts.ts'
import type { ProductWish, VariantWish } from './wish.ts'

export interface VariantState {
  id: string
  sku: string
  options: readonly Named[]
  media: readonly Media[]
  gtin: string | null
  mpn: string | null
  condition: string | null
}

/** A product with all that one page needs; `variants` in their order. Not its prices: they have versions of their own. */
export interface ProductState {
  id: string
  slug: string
  groupKey: string | null
  title: string
  description: string | null
  brand: string | null
  categoryId: string | null
  media: readonly Media[]
  attributes: readonly Named[]
  popularity: number
  version: number
  createdAt: Date
  updatedAt: Date
  variants: readonly VariantState[]
}

/** A product that does not exist yet; it is saved as version 1. */
export function blankProduct(id: string, slug: string, groupKey: string | null, now: Date): ProductState {
  return {
    id,
    slug,
    groupKey,
    title: '',
    description: null,
    brand: null,
    categoryId: null,
    media: [],
    attributes: [],
    popularity: 0,
    version: 1,
    createdAt: now,
    updatedAt: now,
    variants: [],
  }
}

/** The product as the wish wants it: what the wish leaves out (undefined) stays. `newId` gives ids to new variants. */
export function applyWish(
  product: ProductState,
  wish: ProductWish,
  categoryId: string | null | undefined,
  newId: () => string,
): ProductState {
  const variants = [...product.variants]
  for (const variant of wish.variants) {
    const at = variants.findIndex(({ sku }) => sku === variant.sku)
    if (at >= 0) variants[at] = applyVariantWish(variants[at] as VariantState, variant)
    else variants.push(applyVariantWish(blankVariant(newId(), variant.sku), variant))
  }
  return {
    ...product,
    title: wish.title ?? product.title,
    description: wish.description === undefined ? product.description : wish.description,
    brand: wish.brand === undefined ? product.brand : wish.brand,
    categoryId: categoryId === undefined ? product.categoryId : categoryId,
    media: wish.media ?? product.media,
    attributes: wish.attributes ?? product.attributes,
    popularity: wish.popularity ?? product.popularity,
    variants,
  }
}

function blankVariant(id: string, sku: string): VariantState {
  return { id, sku, options: [], media: [], gtin: null, mpn: null, condition: null }
}

function applyVariantWish(variant: VariantState, wish: VariantWish): VariantState {
  return {
    ...variant,
    options: wish.options ?? variant.options,
    media: wish.media ?? variant.media,
    gtin: wish.gtin === undefined ? variant.gtin : wish.gtin,
    mpn: wish.mpn === undefined ? variant.mpn : wish.mpn,
    condition: wish.condition === undefined ? variant.condition : wish.condition,
  }
}

/** Whether two states of a product say the same; version and times do not count. */
export function saysTheSame(a: ProductState, b: ProductState): boolean {
  return a === b || content(a) === content(b)
}

function content({ version, createdAt, updatedAt, ...rest }: ProductState): string {
  return JSON.stringify(canonical(rest))
}

// jsonb gives keys back in an order of its own.
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, part]) => [key, canonical(part)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What tells a variant from its siblings: `"Blue / M"`, or the product's title. */
export function variantTitle(product: ProductState, variant: VariantState): string {
  return variant.options.map(({ value }) => value).join(' / ') || product.title
}

/** What an order calls a variant: `"Linen shirt, Blue / M"`. */
export function fullTitle(product: ProductState, variant: VariantState): string {
  const own = variantTitle(product, variant)
  return own === product.title ? own : `${product.title}, ${own}`
}

/** The options of a product with the values there are, in the order of its variants. */
export function optionsOf(product: ProductState): { name: string; values: string[] }[] {
  const values = new Map<string, Set<string>>()
  for (const { name, value } of product.variants.flatMap(({ options }) => options)) {
    values.set(name, (values.get(name) ?? new Set()).add(value))
  }
  return [...values].map(([name, distinct]) => ({ name, values: [...distinct] }))
}

/** The fact that a product is now as `state` says; `categories` from the root down. */
export function productChanged(state: ProductState, categories: readonly CategoryState[]): NewEvent {
  return event('catalog.product.changed', {
    id: state.id,
    version: state.version,
    slug: state.slug,
    title: state.title,
    description: state.description,
    brand: state.brand,
    categories: categories.map(({ id, slug, name }) => ({ id, slug, name })),
    imageUrl: state.media[0]?.url ?? state.variants[0]?.media[0]?.url ?? null,
    attributes: state.attributes.map(({ name, value }) => ({ name, value })),
    popularity: state.popularity,
    variants: state.variants.map((variant) => ({
      id: variant.id,
      sku: variant.sku,
      title: variantTitle(state, variant),
      options: variant.options.map(({ name, value }) => ({ name, value })),
    })),
    createdAt: state.createdAt.toISOString(),
    updatedAt: state.updatedAt.toISOString(),
  })
}
