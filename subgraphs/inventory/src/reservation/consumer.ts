import { type CommandHandler, command } from '@commerce/events/command.ts'
import { commitStock, extendStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import type { ConsumerOptions } from '@commerce/events/consumer.ts'
import type { CommerceEvent } from '@commerce/events/contracts.ts'
import type { Logger } from '@commerce/service/log.ts'
import type { Expiry } from './expiry.ts'
import type { ReservationService } from './service.ts'

/** The commands with which checkout holds units and decides what becomes of them. */
export function reservationCommands(reservations: ReservationService, expiry: Expiry): CommandHandler[] {
  return [
    command(reserveStock, async (input) => {
      const answer = await reservations.reserve(input)
      if (answer.outcome === 'reserved') expiry.expect(new Date(input.expiresAt))
      return answer
    }),
    command(extendStock, ({ reservationId, expiresAt }) => reservations.extend(reservationId, expiresAt)),
    command(releaseStock, async ({ reservationId }) => ({ state: await reservations.release(reservationId) })),
    command(commitStock, async ({ reservationId }) => ({ state: await reservations.commit(reservationId) })),
  ]
}

/** Sells what was held for a placed order, in case checkout's own command to do so never arrived. */
export function orderConsumer(
  reservations: ReservationService,
  log: Logger,
): Pick<ConsumerOptions, 'name' | 'subjects' | 'handle'> {
  return {
    name: 'inventory-orders',
    subjects: ['checkout.order.placed.*'],
    async handle(events) {
      const placed = events as readonly CommerceEvent<'checkout.order.placed'>[]
      // They share a transaction.
      const states = await Promise.all(placed.map(({ data }) => reservations.commit(data.reservationId)))
      for (const [i, { data }] of placed.entries()) {
        const state = states[i]
        if (state === 'committed') continue
        // Checkout gets the same answer when it sells, and then holds and sells under a new reservation until the goods are there.
        log.warn(
          { order: data.number, reservation: data.reservationId, state },
          'the hold of a placed order was lost before it was sold; checkout holds its units again by itself',
        )
      }
    },
  }
}
