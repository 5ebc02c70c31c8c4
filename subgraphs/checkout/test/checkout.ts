// Above the usual length because it holds the whole world of the tests: servers, checkout, the processes beside it, and the events they start from.
import { type ChildProcess, fork } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type CommandHandler, command, serveCommands } from '@commerce/events/command.ts'
import { quotePrices } from '@commerce/events/commands.ts'
import { connectEvents, type EventConnection } from '@commerce/events/connection.ts'
import { type EventData, type EventType, event } from '@commerce/events/contracts.ts'
import { compileCache, eventually, testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/checkout'
import { createLog } from '@commerce/service/log.ts'
import { encodeViewer, headers, type Viewer } from '@commerce/service/viewer.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { checkoutConfig } from '../src/config.ts'
import { start } from '../src/server.ts'

const SECRET = 'a-secret-of-the-tests'
const log = createLog('test', 'silent')

/** What a test needs of the world around checkout: its servers, and the catalog as the test plays it. */
export interface World {
  natsUrl: string
  databaseUrl: string
  /** Direct sight of checkout's tables. */
  database: PrismaClient
  connection: EventConnection
  /** Puts a SKU on sale, or changes its price (minor units of USD; null: cannot be bought), and waits until checkout knows. */
  sell(sku: string, minorUnits: number | null, options?: { title?: string; announce?: boolean }): Promise<void>
  /** Publishes a fact as another subgraph would. */
  publish<T extends EventType>(type: T, data: EventData<T>): Promise<void>
  /** Serves commands as another subgraph would, until the returned function is called. */
  play(service: string, handlers: CommandHandler[]): Promise<() => Promise<void>>
  /** Environment of a checkout process in this world. */
  environment(settings?: Record<string, string>): Record<string, string>
}

/** Servers of this test file's own and a catalog that answers quotes. Checkout itself is started by the test. */
export async function createWorld({ catalog = true } = {}): Promise<World> {
  const [nats, databaseUrl] = await Promise.all([testNats(), testDatabase('checkout')])
  const connection = await connectEvents({ url: nats.url, name: 'test', log })
  whenDone(() => connection.close())
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 4 }) })
  whenDone(() => database.$disconnect())
  const prices = new Map<string, { minorUnits: number | null; version: number; title: string }>()

  async function play(service: string, handlers: CommandHandler[]): Promise<() => Promise<void>> {
    const served = await serveCommands(connection, service, handlers, log)
    await connection.nats.flush()
    return () => served.stop()
  }

  async function publish<T extends EventType>(type: T, data: EventData<T>): Promise<void> {
    const { subject, key, version } = event(type, data)
    const json = {
      specversion: '1.0',
      id: randomUUID(),
      source: '/test',
      type,
      subject: key,
      time: new Date(0).toISOString(),
      datacontenttype: 'application/json',
      version,
      data,
    }
    await connection.nats.jetstream().publish(subject, JSON.stringify(json))
  }

  if (catalog) {
    const quote = command(quotePrices, async ({ skus }) => ({
      offers: skus.flatMap((sku) => {
        const price = prices.get(sku)
        if (!price) return []
        const { minorUnits, version, title } = price
        return [{ sku, title, version, price: minorUnits === null ? null : { minorUnits, currencyCode: 'USD' } }]
      }),
    }))
    await play('catalog', [quote])
  }

  return {
    natsUrl: nats.url,
    databaseUrl,
    database,
    connection,
    play,
    publish,
    async sell(sku, minorUnits, { title = `A ${sku}`, announce = true } = {}) {
      const version = (prices.get(sku)?.version ?? 0) + 1
      prices.set(sku, { minorUnits, version, title })
      if (!announce) return
      await publish('catalog.product.changed', product(sku, version, title))
      await publish('catalog.price.changed', priceChanged(sku, version, minorUnits))
      await eventually(`checkout knows ${sku}`, async () => {
        const [price, listed] = await Promise.all([
          database.offerPrice.findUnique({ where: { sku } }),
          database.offerVariant.findFirst({ where: { sku } }),
        ])
        return listed && price && price.version >= version
      })
    },
    environment: (settings = {}) => ({
      DATABASE_URL_CHECKOUT: databaseUrl,
      NATS_URL: nats.url,
      GATEWAY_SECRET: SECRET,
      PORT: '0',
      PAYMENT_PROVIDER: 'local',
      LOG_LEVEL: 'silent',
      ...settings,
    }),
  }
}

/** Starts checkout in this process; answers how to ask it. */
export async function startCheckout(world: World, settings?: Record<string, string>): Promise<Ask> {
  return (await startCheckoutAt(world, settings)).ask
}

export interface Checkout {
  ask: Ask
  url: string
  stop(): Promise<void>
}

/** As `startCheckout`; answers its address, too. */
export async function startCheckoutAt(world: World, settings?: Record<string, string>): Promise<Checkout> {
  const running = await start(checkoutConfig.parse(world.environment(settings)), log)
  whenDone(() => running.stop())
  return { ask: asker(running.url), url: running.url, stop: () => running.stop() }
}

/** The phase that the attempt of a key is in, by checkout's table. */
export async function phaseOf(world: World, idempotencyKey: string): Promise<string | undefined> {
  return (await world.database.attempt.findFirst({ where: { idempotencyKey } }))?.phase
}

/** Starts a subgraph as a process of its own, which the test may kill. */
export async function startProcess(script: string, env: Record<string, string>): Promise<Process> {
  const child = fork(new URL(script, import.meta.url), {
    env: { PATH: process.env.PATH, ...compileCache, ...env },
    stdio: 'inherit',
  })
  const process_ = { ask: asker(await readyUrl(child)), kill: () => end(child, 'SIGKILL') }
  whenDone(() => end(child, 'SIGTERM'))
  return process_
}

export interface Process {
  ask: Ask
  /** Ends it as a power cut would. */
  kill(): Promise<void>
}

async function readyUrl(child: ChildProcess): Promise<string> {
  const failed = once(child, 'exit').then(() => {
    throw new Error('The process ended before it was ready.')
  })
  const [message] = await Promise.race([once(child, 'message'), failed])
  return (message as { ready: string }).ready
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/** Sends a GraphQL operation as the gateway would; answers `data`, throws the first error. */
export interface Ask {
  <T>(query: string, variables?: object, viewer?: Viewer | null): Promise<T>
  /** The whole answer, errors and extensions included. */
  answer<T>(query: string, variables?: object, viewer?: Viewer | null): Promise<Answer<T>>
}

export interface Answer<T> {
  data: T
  errors?: { message: string }[]
  extensions?: Record<string, unknown>
}

function asker(url: string): Ask {
  const answer: Ask['answer'] = async <T>(query: string, variables: object = {}, viewer: Viewer | null = null) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [headers.secret]: SECRET,
        ...(viewer ? { [headers.viewer]: encodeViewer(viewer) } : {}),
      },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as Answer<T>
  }
  const ask = async <T>(query: string, variables?: object, viewer?: Viewer | null): Promise<T> => {
    const { data, errors } = await answer<T>(query, variables, viewer)
    if (errors?.[0]) throw new Error(errors[0].message)
    return data
  }
  return Object.assign(ask, { answer })
}

/** A product with one variant, as its event says it. */
export function product(sku: string, version: number, title: string): EventData<'catalog.product.changed'> {
  return {
    id: idOf(sku),
    version,
    slug: 'a-product',
    title,
    description: null,
    brand: null,
    categories: [],
    imageUrl: null,
    attributes: [],
    popularity: 0,
    variants: [{ id: idOf(`variant ${sku}`), sku, title, options: [] }],
    createdAt: new Date(0).toISOString(),
    updatedAt: new Date(0).toISOString(),
  }
}

/** A price in USD, as its event says it. */
export function priceChanged(
  sku: string,
  version: number,
  minorUnits: number | null,
): EventData<'catalog.price.changed'> {
  const price = minorUnits === null ? null : { minorUnits, currencyCode: 'USD', compareAtMinorUnits: null }
  return { sku, variantId: idOf(`variant ${sku}`), productId: idOf(sku), version, price }
}

/** The same UUID for the same name. */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
