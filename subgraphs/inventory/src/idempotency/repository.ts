import type { Sql } from '../stock/repository.ts'

/** `mine`: do it and `keepResult`. Otherwise it was done before: for what, and with which result. */
export type Claim = { mine: true } | { mine: false; fingerprint: string; result: unknown }

/** Takes a key for this transaction; waits while another transaction has it, and then sees what came of it. */
export async function claimKey(sql: Sql, key: string, fingerprint: string): Promise<Claim> {
  for (;;) {
    const claimed = await sql.$executeRaw`
      insert into idempotency (key, fingerprint) values (${key}, ${fingerprint}) on conflict do nothing`
    if (claimed === 1) return { mine: true }
    const [found] = await sql.$queryRaw<{ fingerprint: string; result: unknown }[]>`
      select fingerprint, result from idempotency where key = ${key}`
    if (found) return { mine: false, ...found } // else it was forgotten between the two statements
  }
}

/** Remembers the answer, in the transaction that claimed the key. */
export async function keepResult(sql: Sql, key: string, result: unknown): Promise<void> {
  await sql.$executeRaw`update idempotency set result = ${JSON.stringify(result)}::json where key = ${key}`
}

/** Forgets up to `limit` keys older than so many days; answers how many it were. */
export function forgetKeys(sql: Sql, days: number, limit: number): Promise<number> {
  return sql.$executeRaw`
    delete from idempotency where key in (
      select key from idempotency where at < now() - ${days}::int * interval '1 day'
      limit ${limit} for update skip locked)`
}
