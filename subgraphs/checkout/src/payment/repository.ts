import type { LocalPayment, Prisma } from '@commerce/prisma/checkout'

type Tx = Prisma.TransactionClient

/** Nobody else works on this authorization until the transaction ends, not even to make it. */
export async function lockAuthorization(tx: Tx, authorizationKey: string): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${authorizationKey}, 0))`
}

/** The entry of one call, or null. */
export function findEntry(db: Tx, key: string): Promise<LocalPayment | null> {
  return db.localPayment.findUnique({ where: { key } })
}

/** The entry that ended an authorization, its capture or its void, or null. */
export function findSettlement(db: Tx, authorizationKey: string): Promise<LocalPayment | null> {
  return db.localPayment.findFirst({ where: { authorizationKey, kind: { in: ['capture', 'void'] } } })
}

/** Writes an entry, or writes it anew. */
export async function writeEntry(tx: Tx, entry: Omit<LocalPayment, 'createdAt' | 'faults'>): Promise<void> {
  await tx.localPayment.upsert({ where: { key: entry.key }, create: entry, update: entry })
}

/** Counts one more failure that was made on purpose; answers how many there were before. */
export async function countFault(tx: Tx, key: string): Promise<number> {
  const { faults } = await tx.localPayment.update({ where: { key }, data: { faults: { increment: 1 } } })
  return faults - 1
}
