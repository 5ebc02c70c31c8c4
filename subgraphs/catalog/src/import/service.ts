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

/** Imports rows, each all or nothing, normally in one transaction; when the database refuses one of them, one by one. */
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
    catalog.log.warn({ err: error, rows: rows.length }, 'the database refused a batch of rows')
    if (rows.length === 1) return [refused(rows[0] as ImportRow)]
  }
  const results: RowResult[] = []
  for (const row of rows) results.push(...(await importGood(catalog, [row])))
  return results
}

// What the data of a row can cause: SQLSTATE 22 (a value the database cannot hold), 23 (a constraint), an event against its contract.
function isRefusal(error: unknown): boolean {
  return error instanceof z.ZodError || /^2[23]/.test(sqlState(error) ?? '')
}

function refused({ sku }: ImportRow): RowResult {
  return { sku, outcome: 'REJECTED', problems: [problem(['sku'], 'a row that the database accepts', sku)] }
}

async function importTogether(catalog: Catalog, rows: readonly ImportRow[]): Promise<RowResult[]> {
  const now = catalog.now()
  const paths = rows.flatMap(({ categoryPath }) => (categoryPath?.length ? [categoryPath] : []))
  return untilNotOvertaken(async () => {
    const categories = await ensureCategories(catalog.database, paths, now, catalog.newId)
    return catalog.transact(
      async (tx, emit) => {
        const desk = await openDesk(tx, rows)
        const results = rows.map((row) => importRow(catalog, desk, row, categories, now))
        await saveDrafts(tx, [...desk.drafts.values()], now, emit)
        return results
      },
      { timeoutMs: TRANSACTION_LIMIT_MS },
    )
  })
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

function importRow(
  catalog: Catalog,
  desk: Desk,
  row: ImportRow,
  categories: ReadonlyMap<string, CategoryState>,
  now: Date,
): RowResult {
  const existing = desk.productOfSku.get(row.sku)
  const id = existing ?? (row.groupKey ? desk.productOfGroup.get(row.groupKey) : undefined)
  const draft = (id && desk.drafts.get(id)) || newDraft(catalog, row, now)
  const lead = draft.after.variants[0]
  const describes = lead === undefined || lead.sku === row.sku
  const wish = describes ? productWish(row) : variantOnlyWish(row)
  const categoryId = row.categoryPath?.length ? categories.get(pathKey(row.categoryPath))?.id : null
  const after = applyWish(draft.after, wish, describes ? categoryId : undefined, catalog.newId)
  const problems = completeness({ ...draft, after })
  if (problems.length > 0) return { sku: row.sku, outcome: 'REJECTED', problems }

  const changed = !saysTheSame(draft.after, after)
  draft.after = after
  for (const variant of wish.variants) wantPrice(draft, variant)
  desk.drafts.set(after.id, draft)
  if (row.groupKey && !existing) desk.productOfGroup.set(row.groupKey, after.id)
  const moved = existing !== undefined && (row.groupKey ?? null) !== after.groupKey
  return {
    sku: row.sku,
    outcome: !existing ? 'CREATED' : changed || isPriceChanged(draft, row.sku) ? 'UPDATED' : 'UNCHANGED',
    productId: after.id,
    hasPrice: draftPrice(draft, row.sku) !== null,
    warnings: moved ? [`The group "${row.groupKey ?? ''}" is ignored: a SKU stays in the product it is in.`] : [],
  }
}

function newDraft(catalog: Catalog, row: ImportRow, now: Date): Draft {
  const id = catalog.newId()
  const slugs = slugCandidates(row.title, row.sku, id)
  const product = blankProduct(id, slugs[0] as string, row.groupKey ?? null, now)
  return { before: null, after: product, slugs, prices: new Map(), wanted: new Map() }
}
