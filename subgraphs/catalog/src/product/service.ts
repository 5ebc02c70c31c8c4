import { type Emit, EventTooLarge } from '@commerce/events/outbox.ts'
import type { Catalog } from '../catalog.ts'
import { pathKey } from '../category/category.ts'
import { ensureCategories } from '../category/service.ts'
import { type Tx, untilNotOvertaken } from '../database.ts'
import { type PriceValue, readPrice } from '../price/price.ts'
import { type Draft, saveDrafts, takeDrafts } from './drafts.ts'
import { applyWish, blankProduct } from './product.ts'
import { findSkus, findSlugs } from './repository.ts'
import { isSlug, slugCandidates } from './slug.ts'
import { type Problem, problem } from './text.ts'
import { LIMITS, type ProductWish, type VariantWish, wishProblems } from './wish.ts'

/** A product to create or change: found by id, by slug, or by the SKU of one of its variants. */
export interface UpsertInput {
  id: string | null
  slug: string | null
  expectedVersion: number | null
  wish: ProductWish
}

/** How an upsert ends. */
export type UpsertOutcome =
  | { outcome: 'saved'; id: string }
  | { outcome: 'invalid'; problems: Problem[] }
  | { outcome: 'tooLarge' }
  | { outcome: 'notFound' }
  | { outcome: 'conflict'; version: number }
  | { outcome: 'skuTaken'; sku: string; index: number }

/** Creates or changes a product with its variants and their prices, in one transaction with its events. An equal state changes nothing. */
export async function upsertProduct(catalog: Catalog, input: UpsertInput): Promise<UpsertOutcome> {
  const problems = [...wishProblems(input.wish), ...slugProblems(input.slug)]
  if (problems.length > 0) return { outcome: 'invalid', problems }
  try {
    return await untilNotOvertaken(() => catalog.transact((tx, emit) => upsert(catalog, input, tx, emit)))
  } catch (error) {
    if (error instanceof EventTooLarge) return { outcome: 'tooLarge' }
    throw error
  }
}

async function upsert(catalog: Catalog, input: UpsertInput, tx: Tx, emit: Emit): Promise<UpsertOutcome> {
  const found = await find(tx, input)
  if (found.outcome !== 'found') return found
  const draft = found.draft ?? blankDraft(catalog, input)
  if (input.expectedVersion !== null && input.expectedVersion !== (draft.before?.version ?? 0)) {
    return { outcome: 'conflict', version: draft.before?.version ?? 0 }
  }
  draft.after = applyWish(draft.after, input.wish, undefined, catalog.newId)
  const missing = completeness(draft)
  if (missing.length > 0) return { outcome: 'invalid', problems: missing }
  const { categoryPath } = input.wish
  if (categoryPath !== undefined) {
    const categories = await ensureCategories(tx, categoryPath ? [categoryPath] : [], catalog.now(), catalog.newId)
    const categoryId = categories.get(pathKey(categoryPath ?? []))?.id ?? null
    draft.after = { ...draft.after, categoryId }
  }
  for (const variant of input.wish.variants) wantPrice(draft, variant)
  await saveDrafts(tx, [draft], catalog.now(), emit)
  return { outcome: 'saved', id: draft.after.id }
}

type Found =
  | { outcome: 'found'; draft: Draft | null }
  | { outcome: 'notFound' }
  | Extract<UpsertOutcome, { outcome: 'skuTaken' }>

async function find(tx: Tx, { id, slug, wish }: UpsertInput): Promise<Found> {
  const names = wish.variants.map(({ sku }) => sku)
  const places = await findSkus(tx, names)
  const named = id ?? (slug === null ? null : ((await findSlugs(tx, [slug])).get(slug) ?? null))
  const target = named ?? (slug === null ? (places.values().next().value?.productId ?? null) : null)
  const index = names.findIndex((sku) => places.has(sku) && places.get(sku)?.productId !== target)
  if (index >= 0) return { outcome: 'skuTaken', index, sku: names[index] ?? '' }
  if (target === null) return { outcome: 'found', draft: null }
  const draft = (await takeDrafts(tx, [target])).get(target)
  return draft ? { outcome: 'found', draft } : { outcome: 'notFound' }
}

function blankDraft(catalog: Catalog, { slug, wish }: UpsertInput): Draft {
  const id = catalog.newId()
  const slugs = slug === null ? slugCandidates(wish.title ?? '', wish.variants[0]?.sku ?? '', id) : [slug]
  const product = blankProduct(id, slugs[0] as string, null, catalog.now())
  return { before: null, after: product, slugs, prices: new Map(), wanted: new Map() }
}

/** Notes the price that a wish asks for, if it asks for one; its form has been checked before. */
export function wantPrice(draft: Draft, { sku, price }: VariantWish): void {
  if (price !== undefined) draft.wanted.set(sku, price && (readPrice([], price) as PriceValue))
}

/** What a product still lacks, or has too much of, after a wish was applied. */
export function completeness({ after }: Draft): Problem[] {
  return [
    after.title === '' ? [problem(['title'], 'a title for the new product', null)] : [],
    after.variants.length === 0 ? [problem(['variants'], 'at least one variant for the new product', [])] : [],
    after.variants.length > LIMITS.variants
      ? [problem(['variants'], `at most ${LIMITS.variants} variants`, after.variants.length)]
      : [],
  ].flat()
}

function slugProblems(slug: string | null): Problem[] {
  if (slug === null || isSlug(slug)) return []
  return [problem(['slug'], 'lower-case letters, digits and single hyphens, at most 80', slug)]
}
