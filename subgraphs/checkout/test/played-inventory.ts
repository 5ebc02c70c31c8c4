import { type CommandHandler, command } from '@commerce/events/command.ts'
import { commitStock, releaseStock, reserveStock, returnStock } from '@commerce/events/commands.ts'
import type { World } from './checkout.ts'

/** An inventory that has everything, as the test plays it: what it was asked for, and what it does instead of that for a while. */
export interface PlayedInventory {
  /** What came back, once for each return. */
  returned: Map<string, { sku: string; quantity: number }[]>
  released: string[]
  /** From now on a command waits until the returned function is called. */
  stall(name: 'reserve' | 'commit' | 'release' | 'giveBack'): () => void
  /** From now on the units are refused when they come back, or no longer. */
  refuseReturns(is: boolean): void
  /** From now on a reservation finds nothing, or does again. */
  sellOut(is: boolean): void
}

/** Serves it until the test file ends. */
export async function playInventory(world: World): Promise<PlayedInventory> {
  const gates = new Map<string, Promise<void>>()
  const committed = new Set<string>()
  const returned: PlayedInventory['returned'] = new Map()
  const released: string[] = []
  let refuses = false
  let soldOut = false

  const handlers: CommandHandler[] = [
    command(reserveStock, async ({ lines }) => {
      await gates.get('reserve')
      if (!soldOut) return { outcome: 'reserved' as const }
      return { outcome: 'insufficient' as const, shortages: lines.map(({ sku }) => ({ sku, available: 0 })) }
    }),
    command(releaseStock, async ({ reservationId }) => {
      await gates.get('release')
      released.push(reservationId)
      return { state: committed.has(reservationId) ? ('committed' as const) : ('released' as const) }
    }),
    command(commitStock, async ({ reservationId }) => {
      await gates.get('commit')
      if (soldOut) return { state: 'expired' as const }
      committed.add(reservationId)
      return { state: 'committed' as const }
    }),
    command(returnStock, async ({ returnId, lines }) => {
      await gates.get('giveBack')
      if (refuses) return { outcome: 'refused' as const, code: 'MORE_THAN_SOLD', message: 'More than was sold.' }
      returned.set(returnId, lines)
      return { outcome: 'returned' as const }
    }),
  ]
  await world.play('inventory', handlers)
  return {
    returned,
    released,
    stall(name) {
      const { promise, resolve } = Promise.withResolvers<void>()
      gates.set(name, promise)
      return () => {
        gates.delete(name)
        resolve()
      }
    },
    refuseReturns(is) {
      refuses = is
    },
    sellOut(is) {
      soldOut = is
    },
  }
}
