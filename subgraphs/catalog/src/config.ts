import { subgraphConfig } from '@commerce/service/config.ts'
import { z } from 'zod'

/** What the catalog needs from its environment. */
export const catalogConfig = subgraphConfig.extend({ DATABASE_URL_CATALOG: z.string().startsWith('postgres') })
