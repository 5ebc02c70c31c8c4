import { command } from '@commerce/events/command.ts'
import { commitStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import type { World } from './checkout.ts'

/** An inventory that has enough of everything; answers how to end it. */
export function playInventory(world: World): Promise<() => Promise<void>> {
  return world.play('inventory', [
    command(reserveStock, async () => ({ outcome: 'reserved' as const })),
    command(releaseStock, async () => ({ state: 'released' as const })),
    command(commitStock, async () => ({ state: 'committed' as const })),
  ])
}
