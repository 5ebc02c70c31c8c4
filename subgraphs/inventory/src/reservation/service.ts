import type { Emit, Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { fingerprintOf } from '../idempotency/idempotency.ts'
import { lockStocks, type Origin, post, readStocks, type Sql } from '../stock/repository.ts'
import { type Posting, stockChanged } from '../stock/stock.ts'
import {
  addLines,
  closeReservations,
  lockOverdue,
  lockReservation,
  openReleased,
  openReservation,
  refuseReservation,
  wasSold,
} from './repository.ts'
import {
  aggregate,
  allocate,
  answerFor,
  type ClosedState,
  giveBack,
  hold,
  type ReserveAnswer,
  sell,
  type WantedLine,
} from './reservation.ts'

/** How many reservations one transaction expires. */
export const EXPIRY_BATCH = 100

export type ReservationService = ReturnType<typeof createReservationService>

/**
 * Holding units for orders. Every intention is done once per reservation id. All of them lock the reservation first and its SKUs after
 * it, in order, so that nobody waits in a circle.
 */
export function createReservationService(transact: Transact<Prisma.TransactionClient>) {
  return {
    /** Holds units of every line, or of none. Throws when the same id was used before for other lines. */
    reserve(input: { reservationId: string; lines: readonly WantedLine[]; expiresAt: string }): Promise<ReserveAnswer> {
      const { reservationId: id, expiresAt } = input
      const lines = aggregate(input.lines)
      const fingerprint = fingerprintOf(lines)
      return transact(async (tx, emit) => {
        const { made, reservation, ...opened } = await openReservation(tx, { id, fingerprint, expiresAt })
        if (!made && opened.fingerprint !== fingerprint && opened.fingerprint !== '') {
          throw new Error(`Reservation ${id} was made for other lines.`)
        }
        if (!made || reservation.state !== 'held') return answerFor(reservation)

        const allocation = allocate(lines, await readStocks(tx, await lockLines(tx, lines)))
        if ('shortages' in allocation) {
          await refuseReservation(tx, id, allocation.shortages)
          return { outcome: 'insufficient', shortages: allocation.shortages }
        }
        await addLines(tx, id, allocation.held)
        await change(tx, emit, hold(allocation.held))
        return { outcome: 'reserved' }
      })
    },

    /** Gives the units back. A reservation that does not exist is closed beforehand, should the request to hold still be on its way. */
    release: (id: string): Promise<ClosedState> =>
      transact(async (tx, emit) => {
        if (await openReleased(tx, id)) return 'released'
        const found = await lockReservation(tx, id)
        if (!found || found.reservation.state === 'refused') return 'released'
        if (found.reservation.state !== 'held') return found.reservation.state
        await lockLines(tx, found.lines)
        await change(tx, emit, giveBack(found.lines))
        await closeReservations(tx, [id], 'released')
        return 'released'
      }),

    /** Takes the held units out of what is on hand. Answers what became of the reservation, `unknown` when it never held anything. */
    commit: (id: string): Promise<ClosedState | 'unknown'> =>
      transact(async (tx, emit) => {
        const found = await lockReservation(tx, id)
        if (!found) return (await wasSold(tx, id)) ? 'committed' : 'unknown'
        if (found.reservation.state === 'refused') return 'unknown'
        if (found.reservation.state !== 'held') return found.reservation.state
        await lockLines(tx, found.lines)
        await change(tx, emit, sell(found.lines), { kind: 'sale', reservationId: id })
        await closeReservations(tx, [id], 'committed')
        return 'committed'
      }),

    /** Gives back the units of reservations whose time is over; answers how many it were, at most `EXPIRY_BATCH`. */
    expireOverdue: (): Promise<number> =>
      transact(async (tx, emit) => {
        const { ids, lines } = await lockOverdue(tx, EXPIRY_BATCH)
        if (ids.length === 0) return 0
        await lockLines(tx, lines)
        await change(tx, emit, giveBack(lines))
        await closeReservations(tx, ids, 'expired')
        return ids.length
      }),
  }
}

function lockLines(tx: Sql, lines: readonly WantedLine[]): Promise<string[]> {
  return lockStocks(
    tx,
    lines.map(({ sku }) => sku),
  )
}

async function change(tx: Sql, emit: Emit, postings: readonly Posting[], origin?: Origin): Promise<void> {
  const booked = postings.map((posting) => ({ ...posting, origin }))
  for (const stock of await post(tx, booked)) emit(stockChanged(stock))
}
