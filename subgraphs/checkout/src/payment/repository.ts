import type { LocalPayment, PaymentReference, Prisma } from '@commerce/prisma/checkout'

type Tx = Prisma.TransactionClient

/** Nobody else works on this authorization until the transaction ends, not even to make it. */
export async function lockAuthorization(tx: Tx, authorizationKey: string): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${authorizationKey}, 0))`
}

/** All entries about an authorization, its own among them. */
export function findEntries(db: Tx, authorizationKey: string): Promise<LocalPayment[]> {
  return db.localPayment.findMany({ where: { authorizationKey } })
}

/** The entry of one call, or null. */
export function findEntry(db: Tx, key: string): Promise<LocalPayment | null> {
  return db.localPayment.findUnique({ where: { key } })
}

/** Writes an entry. */
export async function writeEntry(tx: Tx, entry: Omit<LocalPayment, 'createdAt' | 'faults'>): Promise<void> {
  await tx.localPayment.create({ data: entry, select: { key: true } })
}

/** Writes an entry anew. */
export async function rewriteEntry(tx: Tx, entry: Omit<LocalPayment, 'createdAt' | 'faults'>): Promise<void> {
  await tx.localPayment.update({ where: { key: entry.key }, data: entry, select: { key: true } })
}

/** Counts one more failure that was made on purpose; answers how many there were before. */
export async function countFault(tx: Tx, key: string): Promise<number> {
  const { faults } = await tx.localPayment.update({ where: { key }, data: { faults: { increment: 1 } } })
  return faults - 1
}

/** What was given back of an authorization so far, in minor units. */
export async function sumRefunded(db: Tx, authorizationKey: string): Promise<bigint> {
  const where = { authorizationKey, kind: 'refund', outcome: 'refunded' }
  const { _sum } = await db.localPayment.aggregate({ where, _sum: { minorUnits: true } })
  return _sum.minorUnits ?? 0n
}

/** What is noted of an authorization: its name at the provider (null: let go before it had one), and how many calls the provider failed. */
export type Noted = Pick<PaymentReference, 'reference' | 'faults'>

/** Notes what the provider calls an authorization (null: it is let go, and shall never get a name) unless that is noted; answers what is. */
export async function noteReference(db: Tx, authorizationKey: string, reference: string | null): Promise<Noted> {
  await db.$executeRaw`
    insert into payment_reference (authorization_key, reference) values (${authorizationKey}, ${reference})
    on conflict (authorization_key) do nothing`
  return db.paymentReference.findUniqueOrThrow({ where: { authorizationKey } })
}

/** What is noted of an authorization, or null. */
export function findNoted(db: Tx, authorizationKey: string): Promise<Noted | null> {
  return db.paymentReference.findUnique({ where: { authorizationKey } })
}

/** Counts a call that the provider failed. */
export async function noteFault(db: Tx, authorizationKey: string): Promise<void> {
  await db.paymentReference.updateMany({ where: { authorizationKey }, data: { faults: { increment: 1 } } })
}

/** The authorization that the provider calls by this name, or null when it is none of ours. */
export async function findAuthorizationKey(db: Tx, reference: string): Promise<string | null> {
  return (await db.paymentReference.findUnique({ where: { reference } }))?.authorizationKey ?? null
}

/** Notes a notification of the provider; false when it was noted before. Forgets those of more than 30 days ago. */
export async function noteNotification(db: Tx, id: string, type: string): Promise<boolean> {
  await db.$executeRaw`delete from payment_notification where received_at < now() - interval '30 days'`
  const noted = await db.$executeRaw`
    insert into payment_notification (id, type) values (${id}, ${type}) on conflict (id) do nothing`
  return noted === 1
}
