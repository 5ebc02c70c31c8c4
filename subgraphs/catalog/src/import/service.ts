import { EventTooLarge } from '@commerce/events/outbox.ts'
import { z } from 'zod'
import type { Catalog } from '../catalog.ts'
import { type CategoryState, pathKey } from '../category/category.ts'
import { ensureCategories } from '../category/service.ts'
import { sqlState, type Tx, untilNotOvertaken } from '../database.ts'
import { type Draft, draftPrice, isPriceChanged, saveDrafts, takeDrafts } from '../product/drafts.ts'
import { applyWish, blankProduct, saysTheSame } from '../product/product.ts'
import { findGroups, findSkus } from '../product/repository.ts'
import { completeness, wantPrice } from '../product/service.ts'
import { slugCandidates } from '../product/slug.ts'
import { type Problem, problem } from '../product/text.ts'
import { type ImportRow, productWish, rowProblems, variantOnlyWish } from './rows.ts'

/** How many rows one batch may have. */
export const MAX_ROWS = 500
const TRANSACTION_LIMIT_MS = 30_000

/** What became of one row. */
export type RowResult =
  | { sku: string; outcome: 'REJECTED'; problems: Problem[] }
  | {
      sku: string
      outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED'
      productId: string
      hasPrice: boolean
      warnings: string[]
    }

/** Imports rows, each all or nothing, normally in one transaction; when one of them cannot be saved, in halves until it is alone. */
export async function importRows(catalog: Catalog, rows: readonly ImportRow[]): Promise<RowResult[]> {
  const seen = new Set<string>()
  const rejected = new Map<number, RowResult>()
  const good = rows.flatMap((row, index) => {
    const problems = seen.has(row.sku) ? [problem(['sku'], 'a SKU that no row before has', row.sku)] : rowProblems(row)
    if (problems.length > 0) rejected.set(index, { sku: row.sku, outcome: 'REJECTED', problems })
    else seen.add(row.sku)
    return problems.length > 0 ? [] : [row]
  })
  const results = await importGood(catalog, good)
  return rows.map((_, index) => rejected.get(index) ?? (results.shift() as RowResult))
}

async function importGood(catalog: Catalog, rows: readonly ImportRow[]): Promise<RowResult[]> {
  if (rows.length === 0) return []
  try {
    return await importTogether(catalog, rows)
  } catch (error) {
    if (!isRefusal(error)) throw error
    catalog.log.warn({ err: error, rows: rows.length }, 'a batch of rows could not be saved')
    if (rows.length === 1) return [refused(rows[0] as ImportRow, error)]
  }
  const middle = Math.ceil(rows.length / 2)
  const results = await importGood(catalog, rows.slice(0, middle))
  return [...results, ...(await importGood(catalog, rows.slice(middle)))]
}

// What the data of a row can cause: SQLSTATE 22 (a value the database cannot hold), 23 (a constraint), an event against its
// contract or too large to leave.
function isRefusal(error: unknown): boolean {
  return error instanceof z.ZodError || error instanceof EventTooLarge || /^2[23]/.test(sqlState(error) ?? '')
}

function refused({ sku }: ImportRow, error: unknown): RowResult {
  const expected =
    error instanceof EventTooLarge
      ? 'a product of at most 900,000 bytes with all its variants'
      : 'a row that the database accepts'
  return { sku, outcome: 'REJECTED', problems: [problem(['sku'], expected, sku)] }
}

async function importTogether(catalog: Catalog, rows: readonly ImportRow[]): Promise<RowResult[]> {
  return untilNotOvertaken(() =>
    catalog.transact(
      async (tx, emit) => {
        const desk = await openDesk(tx, rows)
        const placed = rows.map((row) => placeRow(catalog, desk, row))
        const paths = placed.flatMap(({ row, describes }) =>
          describes && row.categoryPath?.length ? [row.categoryPath] : [],
        )
        const categories = await ensureCategories(tx, paths, catalog.now(), catalog.newId)
        const results = placed.map((row) => finishRow(row, categories))
        await saveDrafts(tx, [...desk.drafts.values()], catalog.now(), emit)
        return results
      },
      { timeoutMs: TRANSACTION_LIMIT_MS },
    ),
  )
}

/** What a batch works on: the products that its rows belong to, and how rows find them. */
interface Desk {
  drafts: Map<string, Draft>
  productOfSku: Map<string, string>
  productOfGroup: Map<string, string>
}

async function openDesk(tx: Tx, rows: readonly ImportRow[]): Promise<Desk> {
  const skus = await findSkus(
    tx,
    rows.map(({ sku }) => sku),
  )
  const groups = await findGroups(tx, [...new Set(rows.flatMap(({ groupKey }) => groupKey ?? []))])
  const ids = [...new Set([...[...skus.values()].map(({ productId }) => productId), ...groups.map(({ id }) => id)])]
  return {
    drafts: await takeDrafts(tx, ids),
    productOfSku: new Map([...skus].map(([sku, { productId }]) => [sku, productId])),
    productOfGroup: new Map(groups.map(({ groupKey, id }) => [groupKey, id])),
  }
}

/** A row that became part of a product, but for its category; or why it did not. */
interface PlacedRow {
  row: ImportRow
  problems: Problem[]
  draft: Draft
  /** Whether the variant was there before. */
  existed: boolean
  /** Whether this row describes the product, and not only its variant. */
  describes: boolean
  changed: boolean
}

function placeRow(catalog: Catalog, desk: Desk, row: ImportRow): PlacedRow {
  const existing = desk.productOfSku.get(row.sku)
  const id = existing ?? (row.groupKey ? desk.productOfGroup.get(row.groupKey) : undefined)
  const draft = (id && desk.drafts.get(id)) || newDraft(catalog, row)
  const lead = draft.after.variants[0]
  const describes = lead === undefined || lead.sku === row.sku
  const wish = describes ? productWish(row) : variantOnlyWish(row)
  const after = applyWish(draft.after, wish, undefined, catalog.newId)
  const problems = completeness({ ...draft, after })
  const placed = { row, problems, draft, existed: existing !== undefined, describes }
  if (problems.length > 0) return { ...placed, describes: false, changed: false }

  const changed = !saysTheSame(draft.after, after)
  draft.after = after
  for (const variant of wish.variants) wantPrice(draft, variant)
  desk.drafts.set(after.id, draft)
  if (row.groupKey && !existing) desk.productOfGroup.set(row.groupKey, after.id)
  return { ...placed, changed }
}

function finishRow(placed: PlacedRow, categories: ReadonlyMap<string, CategoryState>): RowResult {
  const { row, problems, draft, existed } = placed
  if (problems.length > 0) return { sku: row.sku, outcome: 'REJECTED', problems }
  const categoryId = placed.describes
    ? (categories.get(pathKey(row.categoryPath ?? []))?.id ?? null)
    : draft.after.categoryId
  const changed = placed.changed || categoryId !== draft.after.categoryId || isPriceChanged(draft, row.sku)
  draft.after = { ...draft.after, categoryId }
  const moved = existed && (row.groupKey ?? null) !== draft.after.groupKey
  return {
    sku: row.sku,
    outcome: !existed ? 'CREATED' : changed ? 'UPDATED' : 'UNCHANGED',
    productId: draft.after.id,
    hasPrice: draftPrice(draft, row.sku) !== null,
    warnings: moved ? [`The group "${row.groupKey ?? ''}" is ignored: a SKU stays in the product it is in.`] : [],
  }
}

function newDraft(catalog: Catalog, row: ImportRow): Draft {
  const id = catalog.newId()
  const slugs = slugCandidates(row.title, row.sku, id)
  const product = blankProduct(id, slugs[0] as string, row.groupKey ?? null, catalog.now())
  return { before: null, after: product, slugs, prices: new Map(), wanted: new Map() }
}
