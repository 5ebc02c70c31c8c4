import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGraph } from '@commerce/local/graph.ts'
import { startPostgres } from '@commerce/local/postgres.ts'
import { readSecrets } from '@commerce/local/secrets.ts'
import pg from 'pg'
import { inBatches, type Numbered } from '../../../subgraphs/catalog/src/import/batches.ts'
import { createClient } from '../../../subgraphs/catalog/src/import/client.ts'
import { readRow } from '../../../subgraphs/catalog/src/import/feed-row.ts'
import { readFeed } from '../../../subgraphs/catalog/src/import/reader.ts'
import type { ImportRow } from '../../../subgraphs/catalog/src/import/rows.ts'
import { CannotRun, type Tools } from '../bench.ts'
import { type Client, openClient } from '../load/client.ts'

/** The whole graph with real products in it, and some whose changes are watched. */
export interface Shop {
  shopper: Client
  staff: Client
  /** Databases that remember when each transaction was committed. */
  catalog: pg.Pool
  inventory: pg.Pool
  skus: readonly string[]
  /** SKUs of products in a category of their own, with their product ids. */
  watched: ReadonlyMap<string, string>
  /** What was last changed of each, as "stock <sku>" and "price <sku>": whether a search shows it. */
  shown: Map<string, boolean>
}

export const WATCHED_CATEGORY = 'watched-by-the-bench'
const WATCHED = 20
const INDEXED_WITHIN_MS = 180_000

/** Starts PostgreSQL (as durable as in use), NATS, four subgraphs and the gateway, imports so many products of a feed, and waits until search has them all. Everything ends with the bench. */
export async function openShop(feed: string, products: number, { whenDone, progress, signal }: Tools): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  await chmod(folder, 0o711) // PostgreSQL runs as another user when we are root
  progress('starting PostgreSQL, NATS, four subgraphs and the gateway')
  await keepCommitTimes(folder)
  const graph = await startGraph({
    folder,
    port: 0,
    environment: { NODE_ENV: 'production', LOG_LEVEL: 'error' },
    report: progress,
    broken: progress,
  }).catch((error: Error) => {
    throw new CannotRun(error.message)
  })
  const ends: (() => Promise<unknown>)[] = [graph.stop, () => rm(folder, { recursive: true, force: true })]
  whenDone(async () => {
    for (const end of ends) await end().catch(() => {})
  })
  const open = (connectionString: string) => {
    const pool = new pg.Pool({ connectionString, max: 2 })
    pool.on('error', () => {}) // the next query tells
    ends.unshift(() => pool.end())
    return pool
  }
  const [catalog, inventory] = [open(graph.databases.catalog), open(graph.databases.inventory)]
  const staff = openClient(graph.url, graph.staffToken, 64)
  const shopper = openClient(graph.url, null, 2)
  ends.unshift(staff.close, shopper.close)

  const watchedRows = Array.from({ length: WATCHED }, (_, n) => ({
    sku: `watched-${n}`,
    title: `Watched product ${n}`,
    categoryPath: ['Watched by the bench'],
    price: { amount: '10.00', currencyCode: 'USD' },
  }))
  const rows = [...watchedRows, ...(await rowsOf(feed, products))]
  progress(`importing ${rows.length} products`)
  const send = createClient({ url: `${graph.url}/graphql`, token: graph.staffToken, retrying: progress })
  const started = performance.now()
  const batches = inBatches(numbered(rows))
  const sendAll = async () => {
    for await (const batch of batches) {
      signal.throwIfAborted()
      const refused = (await send(batch.map(({ row }) => row))).find(({ outcome }) => outcome === 'REJECTED')
      if (refused) throw new CannotRun(`The catalog refused the product ${refused.sku}.`)
    }
  }
  await Promise.all([sendAll(), sendAll(), sendAll()])
  progress(`imported in ${Math.round((performance.now() - started) / 1_000)} s; waiting until search has them`)
  const watched = await found(shopper, rows.length, signal)
  return {
    shopper,
    staff,
    catalog,
    inventory,
    skus: rows.slice(WATCHED).map(({ sku }) => sku),
    watched,
    shown: new Map(),
  }
}

const INDEXED = `query ($slug: String!) {
  all: search(first: 1) { totalCount }
  watched: search(filters: { categorySlugs: [$slug] }, first: 100) { nodes { id variants(first: 1) { nodes { sku } } } }
}`

async function found(shopper: Client, products: number, signal: AbortSignal): Promise<Map<string, string>> {
  let last = ''
  for (const end = Date.now() + INDEXED_WITHIN_MS; Date.now() < end; ) {
    signal.throwIfAborted()
    const { data, error } = await shopper.ask(INDEXED, { slug: WATCHED_CATEGORY })
    const watched = new Map<string, string>(
      (data?.watched?.nodes ?? []).flatMap((node: { id: string; variants: { nodes: { sku: string }[] } } | null) =>
        node?.variants?.nodes[0] ? [[node.variants.nodes[0].sku, node.id]] : [],
      ),
    )
    if (data?.all?.totalCount === products && watched.size === WATCHED) return watched
    last = error ?? `${data?.all?.totalCount} products, ${watched.size} of ${WATCHED} watched ones`
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new CannotRun(`Search did not have ${products} products after ${INDEXED_WITHIN_MS / 1_000} s: ${last}.`)
}

async function rowsOf(feed: string, count: number): Promise<ImportRow[]> {
  const rows: ImportRow[] = []
  for await (const one of readFeed(feed)) {
    if (rows.length === count) break
    const read = 'record' in one ? readRow(one.record, { currency: null }) : null
    if (read?.product && read.errors.length === 0) rows.push(read.product)
  }
  return rows
}

async function* numbered(rows: readonly ImportRow[]): AsyncGenerator<Numbered, void, undefined> {
  for (const [n, row] of rows.entries()) yield { line: n + 1, row, warnings: [] }
}

/** The setting is read when the server starts, so it is made before the graph starts it. */
async function keepCommitTimes(folder: string): Promise<void> {
  const password = readSecrets(folder).postgresPassword
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), password, durable: true })
  const client = new pg.Client(postgres.url('postgres'))
  try {
    await client.connect()
    await client.query('alter system set track_commit_timestamp = on')
  } finally {
    await client.end().catch(() => {})
    await postgres.stop()
  }
}
