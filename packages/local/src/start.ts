import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SetupError, UsageError } from './failure.ts'
import { type Graph, startGraph } from './graph.ts'
import { lockFolder } from './lock.ts'
import { dataFolder, readSecrets } from './secrets.ts'
import { seedIfEmpty } from './seed.ts'

const HELP = `Usage: npm start [-- options]

Starts the whole graph on this machine: PostgreSQL and NATS from npm, the four subgraphs, the gateway; Ctrl-C stops it.
  --port <number>  the gateway's port; 0 takes a free one (PORT, 4000)
  --empty          do not import the sample shop into an empty catalog
  --help           this text
Environment (all optional; see .env.example):
  PORT                    the gateway's port (4000)
  HOST                    the gateway's address (127.0.0.1)
  DATA_DIR                where data, logs and generated passwords are kept (.data)
  CORS_ORIGINS            origins whose pages may ask, separated by commas (*: all of them)
  DATABASE_URL_CATALOG, DATABASE_URL_INVENTORY, DATABASE_URL_SEARCH, DATABASE_URL_CHECKOUT, NATS_URL
                          servers of your own
What the gateway and the subgraphs take besides is handed on to them: TRUSTED_DOCUMENTS and OPERATIONS (docs/gateway.md), for instance.`

const started = Date.now()
let graph: Graph | undefined
let unlock = (): void => {}
let ending: Promise<void> | undefined

function say(line: string): void {
  console.log(line)
}

function end(reason: string, code: number): Promise<void> {
  ending ??= (async () => {
    say(`\n${reason}: stopping`)
    process.exitCode = code
    await graph?.stop()
    unlock()
    say('Stopped.')
  })()
  return ending
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, empty: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) {
    say(HELP)
    return
  }
  const wanted = values.port ?? (process.env.PORT || '4000')
  if (!/^\d{1,5}$/.test(wanted) || Number(wanted) > 65_535) {
    throw new UsageError(`PORT must be a whole number from 0 to 65535, got "${wanted}".`)
  }
  const port = Number(wanted)
  const folder = dataFolder(process.env)
  readSecrets(folder)
  unlock = lockFolder(folder)

  let starting = true
  const ask = (reason: string, code: number): void => {
    if (!starting) return void end(reason, code)
    // Nothing is up yet that has to be stopped in order, and everything started is on a leash: it ends with this process.
    say(`\n${reason}: stopping`)
    unlock()
    process.exit(code)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ask(signal, 0))
  try {
    graph = await startGraph({
      folder,
      port,
      environment: process.env,
      report: say,
      broken: (reason) => ask(reason, 1),
    })
    if (!values.empty && (await seedIfEmpty(graph, join(folder, 'seeding'), say))) say('The sample shop is there.')
  } finally {
    starting = false
    if (!graph) unlock()
  }
  say(readiness(graph, folder))
}

function readiness({ url, subgraphs, databases, natsUrl }: Graph, folder: string): string {
  const lines = [
    ['GraphQL', `${url}/graphql`],
    ['GraphiQL', `${url}/`],
    ['subscriptions', `${url.replace('http', 'ws')}/graphql`],
    ['health', `${url}/health/ready`],
    ...Object.entries(subgraphs).map(([name, address]) => [name, `${address}/graphql`]),
    ['PostgreSQL', new URL(databases.catalog).host],
    ['NATS', new URL(natsUrl).host],
    ['data, logs', folder],
    ['staff token', 'npm run -s token -- --scope staff'],
  ]
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  return [
    `\nThe graph is ready (${seconds} s). Ctrl-C stops it.`,
    ...lines.map(([name, value]) => `  ${name?.padEnd(14)} ${value}`),
  ].join('\n')
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  // Further lines of the parser are about values that begin with a dash.
  const [sentence] = (error as Error).message.split('\n', 1)
  if (isUsage) console.error(`${sentence?.replace(/\.$/, '')}. See --help.`)
  else console.error(error instanceof SetupError ? error.message : error)
  process.exitCode = isUsage ? 2 : 1
  await graph?.stop()
  unlock()
}
