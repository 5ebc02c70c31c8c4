import type { Transact } from '@commerce/events/outbox.ts'
import type { PrismaClient } from '@commerce/prisma/catalog'
import type { Logger } from '@commerce/service/log.ts'
import type { Tx } from './database.ts'

/** What the services of the catalog work with; the clock and new ids come from here, so that rules get them as arguments. */
export interface Catalog {
  database: PrismaClient
  transact: Transact<Tx>
  log: Logger
  now(): Date
  newId(): string
}
