import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connectEvents } from '@commerce/events/connection.ts'
import { compileCache, eventually, restartNats, testNats, whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { createClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { compose, startSubgraph } from './graph.ts'
import { live, type Payloads, shop, subject, take } from './shop.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname

/** Starts main.ts as people do and waits for its one readiness line. */
async function startProcess(
  args: string[],
  environment: Record<string, string>,
): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [main, '--port', '0', ...args], {
    env: { PATH: '/usr/bin', ...compileCache, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  whenDone(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  })
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    const { msg, url } = JSON.parse(line)
    if (msg === 'ready') {
      child.stderr?.resume()
      return { url, child }
    }
  }
  throw new Error('The gateway ended before it was ready.')
}

async function supergraphFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  whenDone(() => rm(folder, { recursive: true }))
  const file = join(folder, 'supergraph.graphql')
  await writeFile(file, text)
  return file
}

test('serves through losses of NATS: queries always, subscriptions whenever events are there', async () => {
  const { stock, sources } = shop()
  const subgraphs = await Promise.all(Object.entries(sources).map(([name, source]) => startSubgraph(name, source)))
  for (const subgraph of subgraphs) whenDone(() => subgraph.stop())
  const first = await testNats()
  await first.kill()
  const { url, child } = await startProcess(['--supergraph', await supergraphFile(compose(subgraphs))], {
    NATS_URL: first.url,
  })

  const readiness = async () => (await fetch(`${url}/health/ready`)).status
  const hello = async () =>
    (await fetch(`${url}/graphql?query={hello}`, { headers: { 'apollo-require-preflight': '1' } })).json()
  expect(await readiness()).toBe(503)
  expect(await hello()).toEqual({ data: { hello: 'hello' } })

  // Whoever publishes makes the stream; the gateway only follows it.
  const makeStream = async (natsUrl: string) =>
    (await connectEvents({ url: natsUrl, name: 'test', log: createLog('test', 'silent'), replicas: 1 })).close()
  const second = await restartNats(first)
  await makeStream(second.url)
  await eventually('ready', async () => (await readiness()) === 200)
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  whenDone(async () => client.dispose())
  const stream = client.iterate({ query: live, variables: { skus: ['a.1', 'b'] } }) as Payloads
  await take(stream, 2)

  const publish = async (natsUrl: string, sku: string, version: number) => {
    const connection = await connectEvents({ url: natsUrl, name: 'test', log: createLog('test', 'silent') })
    await connection.nats.jetstream().publish(subject(sku), JSON.stringify({ data: { sku, version } }))
    await connection.close()
  }
  stock.set('a.1', { version: 2, status: 'LOW_STOCK' })
  await publish(second.url, 'a.1', 2)
  expect((await take(stream, 1))[0].data.availabilityChanged.version).toBe(2)

  await second.kill()
  await eventually('not ready', async () => (await readiness()) === 503)
  stock.set('b', { version: 9, status: 'OUT_OF_STOCK' })
  // The event of this change is lost with the server's disk.
  await makeStream((await restartNats(second, { empty: true })).url)
  expect((await take(stream, 1))[0].data.availabilityChanged.version).toBe(9)
  await eventually('ready again', async () => (await readiness()) === 200)

  const closed = new Promise<{ code: number }>((resolve) =>
    client.on('closed', (event) => resolve(event as { code: number })),
  )
  child.kill('SIGTERM')
  expect((await closed).code).toBe(1001)
  expect(await once(child, 'exit')).toEqual([0, null])
})

const federation1 = `schema @core(feature: "https://specs.apollo.dev/core/v0.1") @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }
  directive @core(feature: String!) repeatable on SCHEMA directive @join__graph(name: String!, url: String!) on ENUM_VALUE
  enum join__Graph { SHELF @join__graph(name: "shelf", url: "http://127.0.0.1:1") } type Query { a: Int }`

test.each([
  [
    'a file that is not there',
    null,
    /^The supergraph cannot be read: there is no file "\/nowhere.graphql". Compose it first \(npm run compose/,
  ],
  [
    'no GraphQL',
    '<html></html>',
    /not valid: it is not GraphQL, line 1: Syntax Error: Unexpected character: "<"\. Compose it first/,
  ],
  ['an empty file', ' \n', /supergraph.graphql is not valid: it is empty\. Compose it first \(npm run compose/],
  ['a plain schema', 'type Query { a: Int }', /not valid: it is a GraphQL schema without subgraphs, not a supergraph/],
  ['a supergraph of Federation 1', federation1, /not valid: it was composed by Federation 1; compose it with/],
])('says in one sentence why it cannot start: %s', async (_what, text, sentence) => {
  const file = text === null ? '/nowhere.graphql' : await supergraphFile(text)
  const { code, lines } = await failedStart(['--supergraph', file])
  expect(code).toBe(1)
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    level: 60,
    time: expect.any(Number),
    name: 'gateway',
    msg: expect.stringMatching(sentence),
  })
  expect(lines).toHaveLength(1)
})

test.each([
  [['--supergrap', 'x'], {}, "Unknown option '--supergrap'. See --help."],
  [['--supergraph', 'nats'], {}, 'say in NATS_URL where that is. See --help.'],
  [['--port', 'abc'], {}, 'PORT must be a whole number from 0 to 65535, got "abc". See --help.'],
  [[], { CACHE_MB: '-1' }, 'CACHE_MB must be a whole number of 0 or more, got "-1". See --help.'],
  [[], { UNAUTHORIZED: 'no' }, 'UNAUTHORIZED must be filter, reject or report, got "no". See --help.'],
  [[], { TRUSTED_DOCUMENTS: 'safelist' }, 'TRUSTED_DOCUMENTS=safelist needs the folder of documents in OPERATIONS.'],
  [[], { GATEWAY_SECRET: 'short' }, 'GATEWAY_SECRET needs at least 16 characters. See --help.'],
])('says in one line what is wrong with %j and %j', async (args, environment, sentence) => {
  const { code, lines } = await failedStart(args, environment)
  expect(code).toBe(2)
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '').msg).toContain(sentence)
})

test.each([
  ['an address', ['--supergraph', 'https://shop.example/graph'], '--supergraph takes a file or "nats", not an address'],
  ['a folder', ['--supergraph', '/tmp'], '"/tmp" is a folder'],
  ['no operations', ['--operations', '/nowhere'], 'The folder of recorded operations (--operations) cannot be read'],
])('says in one sentence what it cannot start from: %s', async (_what, args, sentence) => {
  const { code, lines } = await failedStart(args)
  expect(code).toBe(1)
  const { msg, err } = JSON.parse(lines.at(-1) ?? '')
  expect([msg, err]).toEqual([expect.stringContaining(sentence), undefined])
})

test('says in one sentence that its port is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  whenDone(async () => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, lines } = await failedStart(['--port', String(port)])
  expect(code).toBe(1)
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    `Port ${port} is in use: stop what listens there, or choose another with --port.`,
  ])
})

async function failedStart(
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; lines: string[] }> {
  const child = spawn(process.execPath, [main, '--port', '0', ...args], {
    env: { ...compileCache, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exit = once(child, 'exit')
  whenDone(async () => child.kill('SIGKILL'))
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    lines.push(line)
    // A start that should have failed would wait for ever.
    if (JSON.parse(line).msg === 'ready') child.kill()
  }
  const [code] = await exit
  return { code, lines }
}

test('explains itself', async () => {
  const child = spawn(process.execPath, [main, '--help'], { env: compileCache, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) lines.push(line)
  expect(lines.join('\n')).toContain('--supergraph <file>')
})
