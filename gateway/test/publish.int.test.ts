import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connectEvents } from '@commerce/events/connection.ts'
import { type StoredSupergraph, watchSupergraph } from '@commerce/events/supergraph-store.ts'
import { compileCache, eventually, scratchFolder, testNats, whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { compose, post } from './graph.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname
const nats = await testNats()
const away = 'nats://127.0.0.1:1'
const folder = scratchFolder('publish')
await mkdir(folder, { recursive: true })

async function file(name: string, sdl: string): Promise<string> {
  await writeFile(join(folder, name), sdl)
  return join(folder, name)
}

function supergraph(field: string): string {
  const document = parse(`type Query { ${field}: String }`)
  return compose([{ name: 'a', url: 'http://127.0.0.1:1/graphql', document }])
}

const first = await file('first.graphql', supergraph('first'))
const second = await file('second.graphql', supergraph('second'))
const cut = await file('cut.graphql', supergraph('first').slice(0, -20))
const unknownType = await file('unknown-type.graphql', supergraph('first').replace('first: String', 'first: Nothing'))
const subgraphOnly = await file('subgraph.graphql', 'type Query { first: String }')

interface Line {
  level: number
  msg: string
  url?: string
}

/** Starts main.ts as people do. */
function start(args: string[], natsUrl: string | null): ChildProcess {
  const env = { ...compileCache, ...(natsUrl !== null && { NATS_URL: natsUrl }) }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  whenDone(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  })
  return child
}

async function* linesOf({ stderr }: ChildProcess): AsyncGenerator<Line> {
  for await (const line of createInterface({ input: stderr as NodeJS.ReadableStream })) yield JSON.parse(line)
}

/** Runs main.ts to its end: its exit code, and what it logged. */
async function run(args: string[], natsUrl: string | null) {
  const child = start(args, natsUrl)
  const exit = once(child, 'exit')
  const log: Line[] = []
  for await (const line of linesOf(child)) log.push(line)
  const [code, signal] = await exit
  return { code: code ?? signal, log }
}

/** What is published under a graph's name. */
async function published(graph: string): Promise<StoredSupergraph> {
  const connection = await connectEvents({ url: nats.url, name: 'test', log: createLog('test', 'silent') })
  let stop: (() => void) | undefined
  const stored = await new Promise<StoredSupergraph>((resolve) => {
    stop = watchSupergraph(connection, graph, resolve)
  })
  stop?.()
  await connection.close()
  return stored
}

test.concurrent.each([
  ['a file that is not there', ['/nowhere/supergraph.graphql'], away, 'there is no file "/nowhere/supergraph.graphql"'],
  ['a folder', [folder], away, 'The supergraph cannot be read'],
  ['no file', [''], away, 'The supergraph cannot be read'],
  ['an option without its value', [], away, "'--publish <value>' argument missing. See --help.", 2],
  ['a file that was cut off', [cut], away, 'Type Query must define one or more fields'],
  ['a type that is not there', [unknownType], away, 'nothing is published: Unknown type Nothing'],
  [
    'a subgraph in place of a supergraph',
    [subgraphOnly],
    away,
    'nothing is published: it is a GraphQL schema without subgraphs',
  ],
  ['no NATS_URL', [first], null, 'Say in NATS_URL where to publish. See --help.', 2],
  [
    'an address that is not of NATS',
    [first],
    'http://127.0.0.1:1',
    'NATS_URL needs an address that begins with nats://',
    2,
  ],
  ['a NATS that is away', [first], away, 'No NATS server answered at 127.0.0.1:1 within 5 s'],
  ['a wrong password', [first], nats.url.replace(':test@', ':wrong@'), 'refuses'],
  [
    'a moment that is none',
    [first, '--swap-in', 'soon'],
    away,
    '--swap-in takes 0 to 60 seconds, not "soon". See --help.',
    2,
  ],
  [
    'a moment that is far',
    [first, '--swap-in', '61'],
    away,
    '--swap-in takes 0 to 60 seconds, not "61". See --help.',
    2,
  ],
  [
    'a graph whose name cannot be',
    [first, '--supergraph', 'nats:a.b'],
    nats.url,
    'not as in "nats:a.b". See --help.',
    2,
  ],
] as [string, string[], string | null, string, number?][])(
  'with %s it says so in one sentence, and exits with 1, or 2 for a wrong option',
  async (_what, args, natsUrl, sentence, expected = 1) => {
    const { code, log } = await run(['--publish', ...args], natsUrl)
    expect(log.map(({ level, msg }) => ({ level, msg }))).toEqual([
      { level: 60, msg: expect.stringContaining(sentence) },
    ])
    expect(log[0]?.msg).not.toContain('\n')
    expect(code).toBe(expected)
  },
  60_000,
)

test('publishes for a moment that is the same for all, under the name of a graph', async () => {
  const before = Date.now()
  expect(await run(['--publish', first, '--swap-in', '30', '--supergraph', 'nats:staging'], nats.url)).toMatchObject({
    code: 0,
    log: [{ level: 30, msg: 'published', graph: 'staging', revision: 1 }],
  })
  const stored = await published('staging')
  if (stored === null || stored instanceof Error) throw new Error('Expected a supergraph.')
  expect(stored.sdl).toBe(supergraph('first'))
  expect(stored.swapAt).toBeGreaterThanOrEqual(before + 30_000)
  expect(stored.swapAt).toBeLessThanOrEqual(Date.now() + 30_000)
})

test('a gateway that follows takes it over, and nothing of what was refused', async () => {
  expect((await run(['--publish', first], nats.url)).code).toBe(0)
  let url = ''
  for await (const line of linesOf(start(['--supergraph', 'nats', '--port', '0'], nats.url))) {
    if (line.msg === 'ready') url = line.url ?? ''
    if (url) break
  }
  const fields = async (): Promise<string[]> => {
    const { data } = await post(url, { query: '{ __type(name: "Query") { fields { name } } }' })
    return data.__type.fields.map(({ name }: { name: string }) => name)
  }
  expect(await fields()).toEqual(['first'])
  expect((await run(['--publish', unknownType, '--swap-in', '0'], nats.url)).code).toBe(1)
  expect((await run(['--publish', second, '--swap-in', '0'], nats.url)).code).toBe(0)
  await eventually('the second supergraph', async () => (await fields()).includes('second'))
}, 20_000)
