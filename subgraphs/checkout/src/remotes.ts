import { CommandError, callCommand } from '@commerce/events/command.ts'
import { commitStock, quotePrices, releaseStock, reserveStock, returnStock } from '@commerce/events/commands.ts'
import type { EventConnection } from '@commerce/events/connection.ts'
import { Unreachable } from './provider/unreachable.ts'
import type { Destination } from './shipping/shipping.ts'

const QUOTE_LIMIT_MS = 2_000
const STOCK_LIMIT_MS = 1_500
const STOCK_TRIES = 3

interface Line {
  sku: string
  quantity: number
}

export type Remotes = ReturnType<typeof createRemotes>

/**
 * What checkout asks other subgraphs. Each call ends within seconds; it rejects with `Unreachable` when it was certainly not carried out, otherwise
 * its outcome is unknown. The stock commands are idempotent by reservation and repeated a few times while that is so.
 */
export function createRemotes(connection: EventConnection) {
  return {
    async quote(skus: readonly string[]) {
      const { offers } = await callCommand(connection, quotePrices, { skus: [...skus] }, QUOTE_LIMIT_MS)
      return offers.map(({ sku, version, price }) => ({
        sku,
        version,
        price: price && { minorUnits: BigInt(price.minorUnits), currencyCode: price.currencyCode },
      }))
    },
    reserve: (reservationId: string, lines: readonly Line[], expiresAt: string, to?: Destination | null) =>
      repeated(() => {
        const held = lines.map(({ sku, quantity }) => ({ sku, quantity }))
        return callCommand(
          connection,
          reserveStock,
          { reservationId, lines: held, expiresAt, ...placeOf(to) },
          STOCK_LIMIT_MS,
        )
      }),
    release: (reservationId: string) =>
      repeated(() => callCommand(connection, releaseStock, { reservationId }, STOCK_LIMIT_MS)),
    commit: (reservationId: string) =>
      repeated(() => callCommand(connection, commitStock, { reservationId }, STOCK_LIMIT_MS)),
    /** Puts units that were taken back into the stock, once for each `returnId` (a UUID); answers why not when the inventory refuses, otherwise null. */
    async giveBack(returnId: string, units: { reservationId: string; lines: readonly Line[] }): Promise<string | null> {
      const lines = units.lines.map(({ sku, quantity }) => ({ sku, quantity }))
      const input = { returnId, reservationId: units.reservationId, lines }
      const answer = await repeated(() => callCommand(connection, returnStock, input, STOCK_LIMIT_MS))
      return answer.outcome === 'refused' ? answer.message : null
    },
  }
}

// Asking again at once where nobody is would find nobody either. After a try without an outcome even that is no certainty.
async function repeated<T>(call: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await call()
    } catch (error) {
      const nobody = error instanceof CommandError && error.code === 'UNAVAILABLE'
      if (nobody) throw tried === 1 ? new Unreachable(error.message) : error
      if (tried === STOCK_TRIES) throw error
    }
  }
}

// What the inventory chooses the locations by.
function placeOf(to: Destination | null | undefined) {
  if (!to) return {}
  return {
    destination: { country: to.countryCode, ...(to.region === null ? {} : { region: to.region.slice(0, 100) }) },
  }
}
