import type { Prisma } from '@commerce/prisma/checkout'
import { findRates, hasRates } from './repository.ts'
import { type TaxProvider, taxesOf } from './tax.ts'

/** The shop's own rates; without any the shop charges no tax. */
export function createTableTax(database: Prisma.TransactionClient): TaxProvider {
  return {
    isUsed: () => hasRates(database),
    taxes: async (request) => taxesOf(await findRates(database, request.destination.countryCode), request),
  }
}
