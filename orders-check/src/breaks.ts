import { breaking, type Edit } from '@commerce/local/shop/break.ts'
import type { Shop } from '@commerce/local/shop/shop.ts'
import pg from 'pg'

/** The guards against selling twice and losing orders, each taken out of the product while it is loaded. */
export const brokenRules = {
  // That units are available is asked when they are chosen, when they are taken, and by the table.
  'conditional-update': [
    {
      file: 'inventory/src/reservation/reservation.ts',
      find: 'if (best && available >= quantity)',
      replace: 'if (best)',
    },
    {
      file: 'inventory/src/stock/repository.ts',
      find: 'and (p.reserved <= 0 or l.on_hand - l.reserved - l.safety >= p.reserved)',
      replace: '',
    },
  ],
  // Each request is an attempt of its own, whatever its key.
  'idempotency-key': [
    {
      file: 'checkout/src/attempt/service.ts',
      find: 'scope: viewerId === null ?',
      replace: 'scope: newId(), was: viewerId === null ?',
    },
  ],
  // A change of stock is made again when it is asked for again.
  'stock-key': [
    {
      file: 'inventory/src/idempotency/repository.ts',
      find: 'for (const { key, ...kept } of found) claims.set(key, { mine: false, ...kept })',
      replace: 'for (const { key } of found) claims.set(key, { mine: true })',
    },
  ],
  // Whoever finds an attempt works on it, whether or not another does, and stores its state, however far the other has gone on.
  lease: [
    {
      file: 'checkout/src/attempt/repository.ts',
      find: `and (lease_until is null or lease_until <= clock_timestamp())
      order by next_try_at`,
      replace: 'order by next_try_at',
    },
    {
      file: 'checkout/src/attempt/repository.ts',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as the line stands there
      find: 'and lease = ${lease.token}::uuid and phase = ${attempt.state.at}`',
      replace: '`',
    },
  ],
} satisfies Record<string, readonly Edit[]>

export type BreakName = keyof typeof brokenRules

/** Node's options for the processes that are sold from when a guard is taken out; none when all are in place. */
export function nodeOptionsFor(broken: BreakName | null): Record<string, readonly string[]> {
  if (!broken) return {}
  const files: readonly Edit[] = brokenRules[broken]
  const options = breaking(import.meta.url, broken)
  return Object.fromEntries(files.map(({ file }) => [file.split('/')[0], options]))
}

/** What stands below the code and has to go too, or the broken code would only fail. */
export async function prepareFor(broken: BreakName | null, { databases }: Shop): Promise<void> {
  if (broken !== 'conditional-update') return
  const client = new pg.Client(databases.inventory)
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select conname as name from pg_constraint where conrelid = 'stock_level'::regclass and contype = 'c'`,
    )
    for (const { name } of rows) {
      await client.query(`alter table stock_level drop constraint ${client.escapeIdentifier(name)}`)
    }
  } finally {
    await client.end()
  }
}
