import { createGroupCommit, type Member } from '@commerce/events/group-commit.ts'
import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { fingerprintOf } from '../idempotency/idempotency.ts'
import { once } from '../idempotency/once.ts'
import { claimKeys, keepResults } from '../idempotency/repository.ts'
import { type BulkCount, type BulkRefusal, type BulkResult, bulkAnswer, refuseBulk } from './bulk.ts'
import {
  type Adjustment,
  adjust,
  type Count,
  count,
  refuseAdjustment,
  refuseCount,
  refuseTransfer,
  type Transfer,
  transfer,
} from './change.ts'
import { unlessOvertaken } from './overtaken.ts'
import { invalidKey, isName, type Refusal, reusedKey } from './refusal.ts'
import type { Sql } from './repository.ts'
import type { Stock } from './stock.ts'
import { type Change, makeChanges } from './write.ts'

/** What staff get back for a change: the stock after it, or why it was refused. */
export interface ChangeResult {
  stock: Stock | null
  userErrors: Refusal[]
  warnings: string[]
}

export type StockService = ReturnType<typeof createStockService>

export interface StockOptions {
  /** A new UUID. */
  newId(): string
  /** Told of each new stock before whoever changed it. */
  committed?(stock: Stock): void
}

/** A change that is possible, whatever the stock is, under its key. */
interface Keyed {
  change: Change
  key: string
  fingerprint: string
}

/** What to answer, and the stock that was made just now. */
interface Outcome {
  answer: ChangeResult
  changed?: Stock
}

/**
 * The changes that staff make. Each is done once per idempotency key, however often and at the same time it is asked for; changes of different
 * SKUs that are asked for at the same time share a transaction.
 */
export function createStockService(
  transact: Transact<Prisma.TransactionClient>,
  { newId, committed = () => {} }: StockOptions,
) {
  const carriedOut = createGroupCommit<Prisma.TransactionClient, Keyed, Outcome>({
    transact,
    carryOut,
    namesOf: ({ change, key }) => [`sku ${change.sku}`, `key ${key}`],
  })

  return {
    set: (input: Count & { idempotencyKey: string }) =>
      change('stockSet', input, refuseCount(input), {
        locations: { location: input.location },
        decide: (stock) => count(stock, input),
      }),

    adjust: (input: Adjustment & { idempotencyKey: string }) =>
      change('stockAdjust', input, refuseAdjustment(input), {
        locations: { location: input.location },
        decide: (stock) => adjust(stock, input),
      }),

    transfer: (input: Transfer & { idempotencyKey: string }) =>
      change('stockTransfer', input, refuseTransfer(input), {
        locations: { from: input.from, to: input.to },
        decide: (stock) => transfer(stock, input),
        transferId: newId(),
      }),

    /** Counts of many SKUs in one transaction; each row is answered by itself. */
    async bulkSet(input: BulkCount & { idempotencyKey: string }): Promise<BulkResult> {
      const { idempotencyKey, ...rest } = input
      const refusal: BulkRefusal | null = isName(idempotencyKey) ? refuseBulk(input) : invalidKey
      if (refusal) return { applied: 0, results: [], userErrors: [refusal] }
      const fingerprint = fingerprintOf({ name: 'stockBulkSet', ...rest })
      return unlessOvertaken(async () => {
        const changed: Stock[] = []
        const outcome = await transact((tx, emit) =>
          once(tx, { key: idempotencyKey, fingerprint }, async () => {
            const rows = input.rows.map((row) => ({
              refusal: refuseCount(row),
              change: {
                sku: row.sku,
                locations: { location: row.location },
                origin: { idempotencyKey },
                decide: (stock: Stock) => count(stock, row),
              },
            }))
            const made = await makeChanges(tx, rows, { allOrNothing: input.errorPolicy === 'ALL_OR_NOTHING' })
            for (const { stock, facts } of made.changed) {
              facts.forEach(emit)
              changed.push(stock)
            }
            return bulkAnswer(made)
          }),
        )
        changed.forEach(committed)
        return 'done' in outcome ? outcome.done : { applied: 0, results: [], userErrors: [reusedKey] }
      })
    },
  }

  async function change(
    name: string,
    input: { sku: string; reason?: string | null; idempotencyKey: string },
    refusal: Refusal | null,
    how: Pick<Change, 'locations' | 'decide'> & { transferId?: string },
  ): Promise<ChangeResult> {
    const { idempotencyKey, ...rest } = input
    if (!isName(idempotencyKey)) return refuse(invalidKey)
    if (refusal) return refuse(refusal)
    const { transferId, locations, decide } = how
    const origin = { reason: input.reason, idempotencyKey, transferId }
    const wanted = {
      change: { sku: input.sku, locations, origin, decide },
      key: idempotencyKey,
      fingerprint: fingerprintOf({ name, ...rest }),
    }
    return unlessOvertaken(async () => {
      const { answer, changed } = await carriedOut(wanted)
      if (changed) committed(changed)
      return answer
    })
  }
}

async function carryOut(tx: Sql, members: readonly Member<Keyed>[]): Promise<Outcome[]> {
  const claims = await claimKeys(
    tx,
    members.map(({ input: { key, fingerprint } }) => ({ key, fingerprint })),
  )
  const mine = members.filter((_, i) => claims[i]?.mine)
  const made = await makeChanges(
    tx,
    mine.map(({ input: { change } }) => ({ change, refusal: null })),
  )
  const outcomes = new Map<Member<Keyed>, Outcome>()
  for (const [i, member] of mine.entries()) {
    const result = made.results[i]
    if (!result) throw new Error('A change was not answered.')
    if ('skipped' in result) throw new Error('A change was left out.')
    const answer =
      'refusal' in result ? refuse(result.refusal) : { stock: result.stock, userErrors: [], warnings: result.warnings }
    // Each is about another SKU.
    const changed = made.changed.find(({ stock }) => stock.sku === member.input.change.sku)
    for (const fact of changed?.facts ?? []) member.emit(fact)
    outcomes.set(member, { answer, changed: changed?.stock })
  }
  if (mine.length > 0) {
    await keepResults(
      tx,
      mine.map((member) => ({ key: member.input.key, result: outcomes.get(member)?.answer })),
    )
  }
  return members.map((member, i) => {
    const claim = claims[i]
    if (!claim || claim.mine) return outcomes.get(member) as Outcome
    const isSame = claim.fingerprint === member.input.fingerprint
    return { answer: isSame ? (claim.result as ChangeResult) : refuse(reusedKey) }
  })
}

function refuse(refusal: Refusal): ChangeResult {
  return { stock: null, userErrors: [refusal], warnings: [] }
}
