import { subgraphConfig } from '@commerce/service/config.ts'
import { z } from 'zod'

/** What the inventory subgraph needs from its environment. */
export const inventoryConfig = subgraphConfig.extend({
  DATABASE_URL_INVENTORY: z.string().startsWith('postgres'),
})

export type InventoryConfig = z.infer<typeof inventoryConfig>
