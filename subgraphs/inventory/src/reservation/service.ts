import { noteChange } from '@commerce/events/changes.ts'
import { createGroupCommit } from '@commerce/events/group-commit.ts'
import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { fingerprintOf } from '../idempotency/idempotency.ts'
import { factsOf } from '../stock/facts.ts'
import { lockStocks, post } from '../stock/repository.ts'
import type { Stock } from '../stock/stock.ts'
import type { Place, Strategy, WantedLine } from './allocation.ts'
import { carryOut, type Intention, type Outcome } from './intention.ts'
import { endOverdue } from './repository.ts'
import { aggregate, type ClosedState, type ExtendAnswer, giveBack, type ReserveAnswer } from './reservation.ts'

/** How many reservations one transaction expires. */
export const EXPIRY_BATCH = 100

export type ReservationService = ReturnType<typeof createReservationService>

export interface ReservationOptions {
  /** Where units are taken from. */
  strategy?: Strategy
  /** Told of each new stock before whoever changed it. */
  committed?(stock: Stock): void
}

/**
 * Holding units for orders. Every intention is done once per reservation id; those that come at the same time share a transaction, also when
 * they are about the same SKUs.
 */
export function createReservationService(
  transact: Transact<Prisma.TransactionClient>,
  { strategy = 'most-stock', committed = () => {} }: ReservationOptions = {},
) {
  const carriedOut = createGroupCommit<Prisma.TransactionClient, Intention, Outcome>({
    transact,
    carryOut: (tx, members) => carryOut(tx, members, strategy),
    namesOf: ({ id }) => [`reservation ${id}`],
    sharedNamesOf: (intention) => (intention.do === 'reserve' ? intention.lines.map(({ sku }) => `sku ${sku}`) : []),
  })

  // The database writes ids in small letters, and so they are compared.
  async function done<A>(intention: Intention): Promise<A> {
    const { answer, changed } = await carriedOut({ ...intention, id: intention.id.toLowerCase() })
    for (const { stock, facts } of changed) {
      for (const { subject, version } of facts) noteChange(subject, version)
      committed(stock)
    }
    if ('failure' in answer) throw new Error(answer.failure)
    return answer as A
  }

  return {
    /** Holds units of every line, or of none. Throws when the same id was used before for other lines. */
    reserve(input: {
      reservationId: string
      lines: readonly WantedLine[]
      expiresAt: string
      destination?: Place
    }): Promise<ReserveAnswer> {
      const { reservationId: id, expiresAt, destination = null } = input
      const lines = aggregate(input.lines)
      return done({ do: 'reserve', id, lines, fingerprint: fingerprintOf(lines), expiresAt, destination })
    },

    /** Holds the units until then, if that is later. Only while they are held. */
    extend: (id: string, expiresAt: string): Promise<ExtendAnswer> => done({ do: 'extend', id, expiresAt }),

    /** Gives the units back. A reservation that does not exist is closed beforehand, should the request to hold still be on its way. */
    release: async (id: string): Promise<ClosedState> =>
      (await done<{ state: ClosedState }>({ do: 'release', id })).state,

    /** Takes the held units out of what is on hand. Answers what became of the reservation, `unknown` when it never held anything. */
    commit: async (id: string): Promise<ClosedState | 'unknown'> =>
      (await done<{ state: ClosedState | 'unknown' }>({ do: 'commit', id })).state,

    /** Gives back the units of reservations whose time is over; answers how many it were, at most `EXPIRY_BATCH`. */
    async expireOverdue(): Promise<number> {
      const { count, stocks } = await transact(async (tx, emit) => {
        const { count, lines } = await endOverdue(tx, EXPIRY_BATCH)
        await lockStocks(
          tx,
          lines.map(({ sku }) => sku),
        )
        const changes = await post(tx, giveBack(lines))
        for (const change of changes) for (const fact of factsOf(change)) emit(fact)
        return { count, stocks: changes.map(({ stock }) => stock) }
      })
      stocks.forEach(committed)
      return count
    },
  }
}
