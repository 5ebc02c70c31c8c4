import { randomUUID } from 'node:crypto'
import { testDatabase } from '@commerce/local/testing.ts'
import pg from 'pg'
import { startProcess, type World } from './checkout.ts'

const STAFF = { id: 'staff', scopes: ['inventory:read', 'inventory:write'] }

/** The real inventory, as a process of its own. */
export interface Stock {
  /** Counts a SKU. */
  set(sku: string, onHand: number): Promise<void>
  /** The counters of a SKU. */
  of(sku: string): Promise<{ onHand: number; reserved: number }>
  /** From now on its commands get no answer, until the returned function is called. */
  freeze(): Promise<() => Promise<void>>
}

export async function startStock(world: World): Promise<Stock> {
  const databaseUrl = await testDatabase('inventory')
  const env = world.environment({ DATABASE_URL_INVENTORY: databaseUrl })
  const inventory = await startProcess('../../inventory/src/main.ts', env)
  return {
    async set(sku, onHand) {
      const query = 'mutation ($input: StockSetInput!) { stockSet(input: $input) { userErrors { message } } }'
      await inventory.ask(query, { input: { sku, onHand, idempotencyKey: randomUUID() } }, STAFF)
    },
    async of(sku) {
      const query = 'query ($sku: String!) { stock(sku: $sku) { locations { onHand reserved } } }'
      const { stock } = await inventory.ask<{ stock: { locations: [{ onHand: number; reserved: number }] } }>(
        query,
        { sku },
        STAFF,
      )
      return stock.locations[0]
    },
    freeze: () => lockTable(databaseUrl, 'reservation'),
  }
}

/** From now on nobody can write to a table, or not even read it: a step that wants to waits there, until the returned function is called. */
export async function lockTable(
  databaseUrl: string,
  table: string,
  mode: 'exclusive' | 'access exclusive' = 'exclusive',
): Promise<() => Promise<void>> {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  await client.query(`begin; lock table ${table} in ${mode} mode`)
  return () => client.end() // ends the transaction with it
}

/** Runs `work` while nobody can write to a table. */
export async function whileLocked<T>(databaseUrl: string, table: string, work: () => Promise<T>): Promise<T> {
  const free = await lockTable(databaseUrl, table)
  try {
    return await work()
  } finally {
    await free()
  }
}
