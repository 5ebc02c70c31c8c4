import { requireScope } from '@commerce/service/viewer.ts'
import { type Context, WRITE_SCOPE } from '../context.ts'
import type { ImportRow } from './rows.ts'
import { importRows, MAX_ROWS, type RowResult } from './service.ts'

export const importMutations = {
  async productsImport(_: unknown, { input: { rows } }: { input: { rows: readonly ImportRow[] } }, context: Context) {
    requireScope(context.viewer, WRITE_SCOPE)
    if (rows.length >= 1 && rows.length <= MAX_ROWS) {
      return { rows: await importRows(context.catalog, rows), userErrors: [], warnings: [] }
    }
    const message = `A batch has 1 to ${MAX_ROWS} rows, this one has ${rows.length}.`
    return { rows: null, userErrors: [{ code: 'BATCH_SIZE', field: ['rows'], message }], warnings: [] }
  },
}

export const importTypes = {
  ImportRowResult: {
    problems: (row: RowResult) =>
      row.outcome === 'REJECTED' ? row.problems.map(({ path, ...rest }) => ({ field: path.join('.'), ...rest })) : [],
    warnings: (row: RowResult) => (row.outcome === 'REJECTED' ? [] : row.warnings),
    hasPrice: (row: RowResult) => row.outcome !== 'REJECTED' && row.hasPrice,
    product: (row: RowResult, _: unknown, { loaders }: Context) =>
      row.outcome === 'REJECTED' ? null : loaders.product.load(row.productId),
  },
}
