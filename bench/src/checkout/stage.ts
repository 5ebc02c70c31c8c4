import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGraph } from '@commerce/local/graph.ts'
import { CannotRun, type Tools } from '../bench.ts'
import { type Client, openClient } from '../load/client.ts'

/** The whole graph as `npm start` runs it, with goods of which there is enough. */
export interface Stage {
  /** The gateway, asked by nobody in particular. */
  client: Client
  /** Where checkout keeps attempts, and the payment provider its books. */
  databaseUrl: string
  natsUrl: string
  skus: readonly string[]
  productIds: readonly string[]
}

/** Each in four variants. */
const PRODUCTS = 50
const VARIANTS = 4
/** Of each SKU. */
export const UNITS = 1_000_000

const UPSERT = `mutation Create($input: ProductUpsertInput!) { productUpsert(input: $input) { product { id } userErrors { message } } }`
const STOCK = `mutation Count($input: StockSetInput!) { stockSet(input: $input) { stock { version } userErrors { message } } }`

/** Starts PostgreSQL (as durable as in use), NATS, four subgraphs and the gateway, none of them pinned, and fills the shelves. Everything ends with the bench. */
export async function setStage(
  connections: number,
  { whenDone, progress }: Tools,
  products = PRODUCTS,
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  await chmod(folder, 0o711) // PostgreSQL runs as another user when we are root
  progress('starting PostgreSQL, NATS, four subgraphs and the gateway')
  const graph = await startGraph({
    folder,
    port: 0,
    environment: { NODE_ENV: 'production', LOG_LEVEL: 'error' },
    report: progress,
    broken: progress,
  }).catch((error: Error) => {
    throw new CannotRun(error.message)
  })
  whenDone(async () => {
    await graph.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const staff = openClient(graph.url, graph.staffToken, 4)
  const client = openClient(graph.url, null, connections)
  whenDone(() => client.close())
  progress(`filling the shelves: ${products * VARIANTS} SKUs`)
  const productIds: string[] = []
  const skus: string[] = []
  for (let n = 0; n < products; n++) {
    const own = Array.from({ length: VARIANTS }, (_, i) => `bench.${n} size ${i}`)
    const price = { amount: '19.99', currencyCode: 'USD' }
    const variants = own.map((sku, i) => ({ sku, options: [{ name: 'Size', value: String(i) }], price }))
    const { data } = await staff.ask(UPSERT, { input: { title: `Product ${n}`, variants } })
    const id = data?.productUpsert?.product?.id
    if (!id) throw new CannotRun(`The catalog refused a product: ${JSON.stringify(data)}`)
    productIds.push(id)
    for (const sku of own) {
      const made = await staff.ask(STOCK, { input: { sku, onHand: UNITS, idempotencyKey: `bench ${sku}` } })
      if (!made.data?.stockSet?.stock) throw new CannotRun(`The inventory refused a count: ${JSON.stringify(made)}`)
    }
    skus.push(...own)
  }
  await staff.close()
  return { client, databaseUrl: graph.databases.checkout, natsUrl: graph.natsUrl, skus, productIds }
}
