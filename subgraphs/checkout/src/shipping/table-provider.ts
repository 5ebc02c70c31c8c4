import type { Prisma } from '@commerce/prisma/checkout'
import { findZones, hasZones } from './repository.ts'
import { optionsOf, type ShippingProvider } from './shipping.ts'

/** The shop's own zones and rates; without a zone the shop delivers nothing. */
export function createTableShipping(database: Prisma.TransactionClient): ShippingProvider {
  return {
    isUsed: () => hasZones(database),
    options: async (request) => optionsOf(await findZones(database), request),
  }
}
