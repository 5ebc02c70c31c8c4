import { subgraphConfig } from '@commerce/service/config.ts'
import { z } from 'zod'
import { STRATEGIES } from './reservation/allocation.ts'

/** What the inventory subgraph needs from its environment. */
export const inventoryConfig = subgraphConfig.extend({
  DATABASE_URL_INVENTORY: z.string().startsWith('postgres'),
  /** Where units are taken from: the fullest location, the nearest to the destination, or as few as possible. */
  ALLOCATION: z.enum(STRATEGIES).default('most-stock'),
})

export type InventoryConfig = z.infer<typeof inventoryConfig>
