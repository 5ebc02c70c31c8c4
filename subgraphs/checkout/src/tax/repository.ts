import type { Prisma } from '@commerce/prisma/checkout'
import type { TaxRate } from './tax.ts'

type Tx = Prisma.TransactionClient

/** All rates, or those of one country. */
export function findRates(db: Tx, countryCode?: string): Promise<TaxRate[]> {
  return db.taxRate.findMany({
    where: countryCode === undefined ? {} : { countryCode },
    orderBy: [{ countryCode: 'asc' }, { region: 'asc' }, { taxClass: 'asc' }],
  })
}

export async function hasRates(db: Tx): Promise<boolean> {
  return (await db.taxRate.findFirst({ select: { countryCode: true } })) !== null
}

/** Replaces the rates of a country; two that do so come one after the other. */
export async function saveRates(tx: Tx, countryCode: string, rates: readonly TaxRate[]): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tax ${countryCode}`}, 0))`
  await tx.taxRate.deleteMany({ where: { countryCode } })
  await tx.taxRate.createMany({ data: [...rates] })
}
