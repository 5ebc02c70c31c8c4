import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { fingerprintOf } from '../idempotency/idempotency.ts'
import { claimKey, keepResult } from '../idempotency/repository.ts'
import {
  type Adjustment,
  adjust,
  type Count,
  count,
  type Decision,
  isName,
  type Refusal,
  refuseAdjustment,
  refuseCount,
  refused,
} from './change.ts'
import { locationExists, lockStocks, openLevel, post, readStocks, type Sql } from './repository.ts'
import { neverStocked, type Stock, stockChanged } from './stock.ts'

/** What staff get back for a change: the stock after it, or why it was refused. */
export interface ChangeResult {
  stock: Stock | null
  userErrors: Refusal[]
  warnings: string[]
}

export type StockService = ReturnType<typeof createStockService>

/** The changes that staff make. Each is done once per idempotency key, however often and at the same time it is asked for. */
export function createStockService(transact: Transact<Prisma.TransactionClient>) {
  return {
    set: (input: Count & { idempotencyKey: string }) =>
      change('stockSet', input, refuseCount(input), (stock) => count(stock, input)),

    adjust: (input: Adjustment & { idempotencyKey: string }) =>
      change('stockAdjust', input, refuseAdjustment(input), (stock) => adjust(stock, input)),
  }

  async function change(
    name: string,
    input: { sku: string; location: string; reason?: string; idempotencyKey: string },
    refusal: Refusal | null,
    decide: (stock: Stock) => Decision,
  ): Promise<ChangeResult> {
    const { idempotencyKey: key, ...rest } = input
    if (!isName(key)) return refuse(invalidKey)
    if (refusal) return refuse(refusal)
    const fingerprint = fingerprintOf({ name, ...rest })
    return transact(async (tx, emit) => {
      const claim = await claimKey(tx, key, fingerprint)
      if (!claim.mine) {
        return claim.fingerprint === fingerprint ? (claim.result as ChangeResult) : refuse(reusedKey)
      }
      const result = await carryOut(tx, input, decide)
      if (result.changed) emit(stockChanged(result.changed))
      await keepResult(tx, key, result.answer)
      return result.answer
    })
  }

  async function carryOut(
    tx: Sql,
    {
      sku,
      location,
      reason,
      idempotencyKey,
    }: { sku: string; location: string; reason?: string; idempotencyKey: string },
    decide: (stock: Stock) => Decision,
  ): Promise<{ answer: ChangeResult; changed?: Stock }> {
    if (!(await locationExists(tx, location))) return { answer: refuse(unknownLocation(location)) }
    for (;;) {
      const before = (await readStocks(tx, await lockStocks(tx, [sku]))).get(sku)
      const decision = decide(before ?? neverStocked(sku))
      if ('refusal' in decision) return { answer: refuse(decision.refusal) }
      const { posting, kind } = decision
      if (!posting) return { answer: { stock: before ?? null, userErrors: [], warnings: [] } }
      if (!(await openLevel(tx, posting, !before))) continue
      const [after] = await post(tx, [posting], { kind, reason, idempotencyKey })
      if (!after) throw new Error(`The stock of "${sku}" is gone.`)
      const warnings = before ? [] : [`"${sku}" had no stock before: make sure that it is spelled as in the catalog.`]
      return { answer: { stock: after, userErrors: [], warnings }, changed: after }
    }
  }
}

function refuse(refusal: Refusal): ChangeResult {
  return { stock: null, userErrors: [refusal], warnings: [] }
}

const invalidKey = refused(
  'INVALID_IDEMPOTENCY_KEY',
  'idempotencyKey',
  'An idempotency key has 1 to 200 printable characters.',
)

const reusedKey = refused(
  'IDEMPOTENCY_KEY_REUSED',
  'idempotencyKey',
  'This idempotency key was used before, for another input.',
)

function unknownLocation(location: string): Refusal {
  return refused('UNKNOWN_LOCATION', 'location', `There is no location "${location}".`)
}
