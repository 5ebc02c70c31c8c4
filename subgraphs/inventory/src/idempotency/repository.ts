import type { Sql } from '../stock/repository.ts'

/** `mine`: do it and `keepResult`. Otherwise it was done before: for what, and with which result. */
export type Claim = { mine: true } | { mine: false; fingerprint: string; result: unknown }

/**
 * Takes keys for this transaction, each at most once in the list, and answers what each claim came to, in the same order. Waits while
 * other transactions have them, in the order of the keys, and then sees what came of it.
 */
export async function claimKeys(sql: Sql, keys: readonly { key: string; fingerprint: string }[]): Promise<Claim[]> {
  const claims = new Map<string, Claim>()
  for (let left = keys; left.length > 0; left = keys.filter(({ key }) => !claims.has(key))) {
    const claimed = await sql.$queryRaw<{ key: string }[]>`
      insert into idempotency (key, fingerprint)
      select key, fingerprint from jsonb_to_recordset(${JSON.stringify(left)}::jsonb) as wanted(key text, fingerprint text)
      order by key on conflict do nothing returning key`
    for (const { key } of claimed) claims.set(key, { mine: true })
    const others = left.flatMap(({ key }) => (claims.has(key) ? [] : [key]))
    if (others.length === 0) break
    const found = await sql.$queryRaw<{ key: string; fingerprint: string; result: unknown }[]>`
      select key, fingerprint, result from idempotency where key = any(${others}::text[])`
    // One that is not found was forgotten between the two statements.
    for (const { key, ...kept } of found) claims.set(key, { mine: false, ...kept })
  }
  return keys.map(({ key }) => claims.get(key) as Claim)
}

/** Remembers answers, in the transaction that claimed their keys. */
export async function keepResults(sql: Sql, results: readonly { key: string; result: unknown }[]): Promise<void> {
  // Each its own json, taken as it is: jsonb, and json that is taken apart, refuse some characters that answers quote.
  await sql.$executeRaw`
    update idempotency i set result = given.result::json
    from unnest(${results.map(({ key }) => key)}::text[],
      ${results.map(({ result }) => JSON.stringify(result))}::text[]) as given(key, result)
    where i.key = given.key`
}

/** Forgets up to `limit` keys older than so many days; answers how many it were. */
export function forgetKeys(sql: Sql, days: number, limit: number): Promise<number> {
  return sql.$executeRaw`
    delete from idempotency where key in (
      select key from idempotency where at < now() - ${days}::int * interval '1 day'
      limit ${limit} for update skip locked)`
}
