import { isSku } from '@commerce/service/sku.ts'
import type { Context } from '../context.ts'
import type { ProductState, VariantState } from './product.ts'
import { readProducts } from './repository.ts'

/** A variant together with its product: what the GraphQL type `Variant` resolves from. */
export interface ProductVariant {
  product: ProductState
  variant: VariantState
}

/** The variant with this SKU. What cannot be one is never looked up, it would fill caches with whatever somebody sends, and it depends on nothing: it never comes. */
export async function variantBySku(context: Context, sku: string): Promise<ProductVariant | null> {
  if (!isSku(sku)) return null
  const place = await context.loaders.sku.load(sku)
  return place && variantAt(context, place.productId, place.variantId)
}

/** A variant of a product, both by UUID. */
export async function variantAt(
  { loaders, catalog }: Context,
  productId: string,
  variantId: string,
): Promise<ProductVariant | null> {
  const cached = find(await loaders.product.load(productId), variantId)
  if (cached) return cached
  // Another replica has just added it and its event is not here yet; what it depends on the loader has said.
  const [product] = await readProducts(catalog.database, [productId])
  return find(product ?? null, variantId)
}

function find(product: ProductState | null, variantId: string): ProductVariant | null {
  const variant = product?.variants.find(({ id }) => id === variantId)
  return product && variant ? { product, variant } : null
}
