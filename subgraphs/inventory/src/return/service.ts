import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { fingerprintOf } from '../idempotency/idempotency.ts'
import { once } from '../idempotency/once.ts'
import { unlessOvertaken } from '../stock/overtaken.ts'
import { invalidKey, isName, reusedKey } from '../stock/refusal.ts'
import { lockStocks, type Sql } from '../stock/repository.ts'
import type { Stock } from '../stock/stock.ts'
import { makeChanges, type Told } from '../stock/write.ts'
import { readReturn, unitsOutside } from './repository.ts'
import { putBack, type Return, type ReturnRefusal, refuseReturn, refuseUnsold } from './return.ts'

/** What staff get back: the stock after it, or why it was refused. */
export interface ReturnResult {
  stock: Stock | null
  userErrors: ReturnRefusal[]
  warnings: string[]
}

export type ReturnAnswer = { outcome: 'returned' } | { outcome: 'refused'; code: string; message: string }

export type ReturnService = ReturnType<typeof createReturnService>

interface Made {
  stocks: (Stock | null)[]
  warnings: string[]
  refusal: ReturnRefusal | null
}

const HOME = 'MAIN'

/** Sold units that come back on hand. `committed` is told of each new stock before whoever changed it. */
export function createReturnService(
  transact: Transact<Prisma.TransactionClient>,
  committed: (stock: Stock) => void = () => {},
) {
  return {
    /** Units of one SKU, once per idempotency key. */
    async byStaff({ idempotencyKey, ...input }: Return & { idempotencyKey: string }): Promise<ReturnResult> {
      if (!isName(idempotencyKey)) return refuse(invalidKey)
      const refusal = refuseReturn(input)
      if (refusal) return refuse(refusal)
      const fingerprint = fingerprintOf({ name: 'stockReturn', ...input })
      const outcome = await keyed(idempotencyKey, fingerprint, async (tx, told) => {
        const { stocks, warnings, refusal } = await makeReturn(tx, [input], { idempotencyKey }, told)
        return refusal ? refuse(refusal) : { stock: stocks[0] ?? null, userErrors: [], warnings }
      })
      return 'done' in outcome ? outcome.done : refuse(reusedKey)
    },

    /** Units of every line, or of none, once per return id: the ledger remembers it for ever. Throws when the same id was used before for other lines. */
    async byCommand(input: {
      returnId: string
      lines: readonly { sku: string; quantity: number }[]
      reservationId?: string
      location?: string
      reason?: string
    }): Promise<ReturnAnswer> {
      const { reservationId, location = HOME, reason } = input
      const returnId = input.returnId.toLowerCase()
      const lines = joined(input.lines).map((line) => ({ ...line, location, reason, reservationId }))
      const wrong = lines.map(refuseReturn).find((refusal) => refusal !== null)
      if (wrong) return answer(wrong)
      const fingerprint = fingerprintOf({ name: 'returnStock', lines })
      // No key of staff has a control character.
      const outcome = await keyed(`\u0001return ${returnId}`, fingerprint, async (tx, told): Promise<ReturnAnswer> => {
        const before = await readReturn(tx, returnId)
        if (before.length > 0) {
          if (fingerprintOf(joined(before)) !== fingerprintOf(joined(input.lines))) throw otherLines(returnId)
          return { outcome: 'returned' }
        }
        const origin = { idempotencyKey: undefined, returnId }
        const { refusal } = await makeReturn(tx, lines, origin, told)
        return refusal ? answer(refusal) : { outcome: 'returned' }
      })
      if ('done' in outcome) return outcome.done
      throw otherLines(returnId)
    },
  }

  async function keyed<R>(
    key: string,
    fingerprint: string,
    work: (tx: Sql, told: (changed: Told) => void) => Promise<R>,
  ): Promise<{ done: R } | { reused: true }> {
    return unlessOvertaken(async () => {
      const stocks: Stock[] = []
      const outcome = await transact((tx, emit) =>
        once(tx, { key, fingerprint }, () =>
          work(tx, ({ stock, facts }) => {
            facts.forEach(emit)
            stocks.push(stock)
          }),
        ),
      )
      stocks.forEach(committed)
      return outcome
    })
  }
}

async function makeReturn(
  tx: Sql,
  lines: readonly Return[],
  origin: { idempotencyKey?: string; returnId?: string },
  told: (changed: Told) => void,
): Promise<Made> {
  await lockStocks(
    tx,
    lines.map(({ sku }) => sku),
  )
  const reservationId = lines[0]?.reservationId ?? undefined
  if (reservationId !== undefined) {
    const outside = await unitsOutside(tx, reservationId)
    const unsold = lines
      .map((line) => refuseUnsold(line, outside.get(line.sku) ?? 0))
      .find((refusal) => refusal !== null)
    if (unsold) return { stocks: [], warnings: [], refusal: unsold }
  }
  const { results, changed } = await makeChanges(
    tx,
    lines.map((line) => ({
      refusal: null,
      change: {
        sku: line.sku,
        locations: { location: line.location },
        origin: { ...origin, reason: line.reason, reservationId },
        decide: (stock: Stock) => putBack(stock, line),
      },
    })),
    { allOrNothing: true },
  )
  changed.forEach(told)
  const refusal = results.flatMap((made) => ('refusal' in made ? [made.refusal] : []))[0] ?? null
  const stocks = results.map((made) => ('stock' in made ? made.stock : null))
  return { stocks, warnings: results.flatMap((made) => ('warnings' in made ? made.warnings : [])), refusal }
}

function joined(lines: readonly { sku: string; quantity: number }[]): { sku: string; quantity: number }[] {
  const bySku = new Map<string, number>()
  for (const { sku, quantity } of lines) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity)
  return [...bySku].sort(([a], [b]) => (a < b ? -1 : 1)).map(([sku, quantity]) => ({ sku, quantity }))
}

function otherLines(returnId: string): Error {
  return new Error(`Return ${returnId} was made for other lines.`)
}

function answer({ code, message }: ReturnRefusal): ReturnAnswer {
  return { outcome: 'refused', code, message }
}

function refuse(refusal: ReturnRefusal): ReturnResult {
  return { stock: null, userErrors: [refusal], warnings: [] }
}
