// biome-ignore-all lint/suspicious/noTemplateCurlyInString: parts of the product's source, as they stand there
import { breakable, breakRule, type Edit } from '@commerce/local/shop/break.ts'
import type { Shop } from '@commerce/local/shop/shop.ts'
import pg from 'pg'

/** The guards against selling twice and losing orders, each of which can be taken out of the running product. */
export const brokenRules = {
  // That units are available is asked when they are chosen, when they are taken, and by the table.
  'conditional-update': [
    {
      file: 'inventory/src/reservation/allocation.ts',
      whole: '[level.location.code, availableAt(level)]',
      broken: '[level.location.code, 1_000]',
    },
    {
      file: 'inventory/src/stock/repository.ts',
      whole: 'and (not n.holds or l.on_hand',
      either: (isBroken) => `and (\${${isBroken}} or not n.holds or l.on_hand`,
    },
  ],
  // Each request is an attempt of its own, whatever its key.
  'idempotency-key': [
    { file: 'checkout/src/attempt/service.ts', whole: '`guest:${cartId}`', broken: '`guest:${newId()}`' },
  ],
  // A change of stock is made again when it is asked for again.
  'stock-key': [
    {
      file: 'inventory/src/idempotency/repository.ts',
      whole: 'claims.set(key, { mine: false, ...kept })',
      broken: 'claims.set(key, { mine: true })',
    },
  ],
  // Whoever is asked for an attempt works on it, whether or not another does, and stores its state, however far the other has gone on.
  lease: [
    ...['order by next_try_at', 'returning'].map((then) => ({
      file: 'checkout/src/attempt/repository.ts',
      whole: `and (lease_until is null or lease_until <= clock_timestamp())${then === 'returning' ? '\n    ' : '\n      '}${then}`,
      either: (isBroken: string) =>
        `and (\${${isBroken}} or lease_until is null or lease_until <= clock_timestamp()) ${then}`,
    })),
    {
      file: 'checkout/src/attempt/repository.ts',
      whole: 'state: decode(state),\n    work,',
      either: (isBroken) => `state: decode(state),\n    work: ${isBroken} && work === 'leased' ? 'abandoned' : work,`,
    },
    ...['returning attempt.id', 'order by attempt.id'].map((then) => ({
      file: 'checkout/src/attempt/repository.ts',
      whole: `attempt.lease = row.lease and attempt.phase = row.stored\n    ${then}`,
      either: (isBroken: string) =>
        `(\${${isBroken}} or attempt.lease = row.lease and attempt.phase = row.stored) ${then}`,
    })),
  ],
} satisfies Record<string, readonly Edit[]>

export type BreakName = keyof typeof brokenRules

const options = breakable(import.meta.url)

/** Node's options for processes from which guards can be taken. */
export const breakableProcesses = { checkout: options, inventory: options }

/** Takes a guard out of a shop whose processes are breakable, also of those that were started again; null puts all back. */
export async function takeOut(broken: BreakName | null, shop: Shop): Promise<void> {
  for (const member of shop.replicas) if (/^(checkout|inventory)-/.test(member.name)) await breakRule(member, broken)
  if (broken === 'conditional-update') await dropChecks(shop)
}

// What stands below the code has to go too, or the broken code would only fail.
async function dropChecks({ databases }: Shop): Promise<void> {
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
