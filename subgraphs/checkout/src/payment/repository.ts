import type { LocalPayment, PaymentReference, Prisma } from '@commerce/prisma/checkout'
import { jsonOf } from '../json.ts'

type Tx = Prisma.TransactionClient

/** Nobody else works on these authorizations until the transaction ends, not even to make them. */
export async function lockAuthorizations(tx: Tx, authorizationKeys: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    select pg_advisory_xact_lock(hash)
    from (select distinct hashtextextended(key, 0) as hash from unnest(${[...authorizationKeys]}::text[]) key order by hash) keys`
}

/** All entries about these authorizations, their own among them. */
export async function findEntries(db: Tx, authorizationKeys: readonly string[]): Promise<LocalPayment[]> {
  return db.$queryRaw<LocalPayment[]>`
    select key, kind, authorization_key as "authorizationKey", outcome, message, minor_units as "minorUnits",
      currency_code as "currencyCode", token, faults, created_at as "createdAt"
    from local_payment where authorization_key = any(${[...authorizationKeys]}::text[])`
}

/** The entry of one call, or null. */
export function findEntry(db: Tx, key: string): Promise<LocalPayment | null> {
  return db.localPayment.findUnique({ where: { key } })
}

/** Writes entries, anew where they were written before. */
export async function writeEntries(tx: Tx, entries: readonly Omit<LocalPayment, 'createdAt'>[]): Promise<void> {
  if (entries.length === 0) return
  await tx.$executeRaw`
    insert into local_payment (key, kind, authorization_key, outcome, message, minor_units, currency_code, token, faults)
    select key, kind, "authorizationKey", outcome, message, "minorUnits", "currencyCode", token, faults
    from jsonb_to_recordset(${jsonOf(entries)}::jsonb) as row(key text, kind text, "authorizationKey" text, outcome text, message text,
      "minorUnits" bigint, "currencyCode" text, token text, faults int)
    on conflict (key) do update set outcome = excluded.outcome, message = excluded.message,
      minor_units = excluded.minor_units, currency_code = excluded.currency_code, token = excluded.token, faults = excluded.faults`
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
