import type { Sql } from '../stock/repository.ts'
import { claimKeys, keepResults } from './repository.ts'

/**
 * Does something once for a key, in the transaction that does it: `done` is what it came to, now or when the key was used before; `reused` when
 * that was for something else.
 */
export async function once<R>(
  sql: Sql,
  { key, fingerprint }: { key: string; fingerprint: string },
  work: () => Promise<R>,
): Promise<{ done: R } | { reused: true }> {
  const [claim] = await claimKeys(sql, [{ key, fingerprint }])
  if (claim && !claim.mine) {
    return claim.fingerprint === fingerprint ? { done: claim.result as R } : { reused: true }
  }
  const done = await work()
  await keepResults(sql, [{ key, result: done }])
  return { done }
}
