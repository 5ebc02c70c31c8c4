import type { Prisma, PrismaClient } from '@commerce/prisma/catalog'

/** A transaction of the catalog's database. */
export type Tx = Prisma.TransactionClient

/** Where repositories read: the database, or a transaction on it. */
export type Reader = Tx | PrismaClient

/** Those of these texts that a column can hold: PostgreSQL refuses a whole statement for one NUL, and statements are shared. */
export function storable(texts: readonly string[]): string[] {
  return texts.filter((text) => !text.includes('\u0000'))
}

/** The SQLSTATE of a database error, wherever Prisma put it; null for any other error. */
export function sqlState(error: unknown): string | null {
  for (let at = error, depth = 0; at !== null && typeof at === 'object' && depth < 6; depth++) {
    const { originalCode, meta, driverAdapterError, cause } = at as Record<string, unknown>
    if (typeof originalCode === 'string') return originalCode
    at = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError ?? driverAdapterError ?? cause
  }
  return null
}

/** Somebody else changed or created the same thing at the same moment: the transaction has to be tried again from its start. */
export class Overtaken extends Error {
  override name = 'Overtaken'
}

const CONFLICTS = ['23505', '40P01', '40001'] // unique violation, deadlock, serialization failure
const TRIES = 8

/** Runs a transaction again when another one got in its way: a few times, at once, because the other one is done by then. */
export async function untilNotOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const conflict = error instanceof Overtaken || CONFLICTS.includes(sqlState(error) ?? '')
      if (!conflict || tries === TRIES) throw error
    }
  }
}
