import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { composeServices } from '@apollo/composition'
import { connectEvents } from '@commerce/events/connection.ts'
import { supergraphHistory } from '@commerce/events/supergraph-history.ts'
import { openSupergraphStore } from '@commerce/events/supergraph-store.ts'
import { gatewayDefaults } from '@commerce/gateway/config.ts'
import { startGateway } from '@commerce/gateway/server.ts'
import { type Contract, withContracts } from '@commerce/gateway/supergraph/contracts.ts'
import { publishedSource } from '@commerce/gateway/supergraph/published.ts'
import { compileCache, eventually, scratchFolder, testNats, whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { parse } from 'graphql'
import { expect, test } from 'vitest'

const log = createLog('test', 'silent')
const nats = await testNats()
const folder = scratchFolder('schema-publish')
await mkdir(folder, { recursive: true })

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])'

async function supergraph(field: string, contracts: Contract[] = []): Promise<string> {
  const typeDefs = parse(`${link} type Query { ${field}: String cost: Int @tag(name: "staff") }`)
  const { supergraphSdl = '' } = composeServices([{ name: 'a', url: 'http://127.0.0.1:1/graphql', typeDefs }])
  const file = join(folder, `${field}-${contracts.map(({ name }) => name).join('-')}.graphql`)
  await writeFile(file, withContracts(supergraphSdl, contracts))
  return file
}

const first = await supergraph('first')
const second = await supergraph('second')

/** Runs the command as people do. */
async function publish(args: string[], natsUrl: string | null = nats.url) {
  const env = { ...compileCache, ...(natsUrl !== null && { NATS_URL: natsUrl }) }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { env })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

/** A gateway that follows a graph: which fields of `Query` it serves, null where it serves nothing. */
async function follow(graph: string) {
  const source = publishedSource({
    store: openSupergraphStore({ url: nats.url, name: 'gateway', log }, graph),
    place: `published on NATS as "${graph}"`,
    waitMs: 5_000,
    fallback: null,
    log,
  })
  const gateway = await startGateway({ ...gatewayDefaults, port: 0, supergraph: `nats:${graph}` }, log, null, source)
  whenDone(() => gateway.stop())
  return async (path = ''): Promise<string[] | null> => {
    const response = await fetch(`${gateway.url}${path}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __type(name: "Query") { fields { name } } }' }),
    })
    if (response.status === 404) return null
    const { data } = (await response.json()) as { data: { __type: { fields: { name: string }[] } } }
    return data.__type.fields.map(({ name }) => name).sort()
  }
}

test('publishes, tells the history, and rolls back; a gateway that follows takes each over', async () => {
  const on = ['--graph', 'shop', '--swap-in', '0']
  expect(await publish([first, ...on])).toMatchObject({ code: 0, out: expect.stringContaining('revision 1 of "shop"') })
  const fields = await follow('shop')
  const has = async (field: string) => (await fields())?.includes(field)
  expect(await has('first')).toBe(true)
  expect((await publish([second, ...on])).code).toBe(0)
  await eventually('the second', () => has('second'))
  expect(await publish(['--rollback', '1', ...on])).toMatchObject({
    code: 0,
    out: expect.stringContaining('Published as revision 3 of "shop", which repeats revision 1;'),
  })
  await eventually('the first again', () => has('first'))

  const { out } = await publish(['--history', '--graph', 'shop'])
  const lines = out.trim().split('\n')
  expect(lines.map((line) => line.trim().split(/\s+/)[0])).toEqual(['3', '2', '1'])
  expect(lines[0]).toMatch(/bytes {2}sha256 [0-9a-f]{12} {2}rollback to 1 {2}current$/)
  expect(lines[0]?.match(/sha256 \w+/)?.[0]).toBe(lines[2]?.match(/sha256 \w+/)?.[0])

  expect(await publish(['--rollback', '9', ...on])).toMatchObject({
    code: 1,
    err: 'The graph "shop" has no revision 9: kept are 1, 2, 3.\n',
  })
  expect(await publish(['--rollback', '1', ...on])).toMatchObject({ code: 1, err: expect.stringContaining('have now') })
  const connection = await connectEvents({ url: nats.url, name: 'test', log })
  whenDone(() => connection.close())
  expect(await supergraphHistory(connection, 'shop')).toHaveLength(3)
}, 60_000)

test.concurrent.each([
  ['no NATS_URL', [first], null, 'Say in NATS_URL (nats://…) where to publish. See --help.', 2],
  ['a file that is not there', ['/nowhere.graphql'], nats.url, 'The supergraph cannot be read: ENOENT', 1],
  ['a wrong option', ['--roll', '1'], nats.url, "Unknown option '--roll'. See --help.", 2],
  ['a revision that is none', ['--rollback', 'last'], nats.url, 'a whole number, not "last". See --help.', 2],
  ['two wishes', [first, '--history'], nats.url, 'not several of them. See --help.', 2],
  ['a graph whose name cannot be', ['--history', '--graph', 'a.b'], nats.url, 'not "a.b". See --help.', 2],
  ['a moment that is far', [first, '--swap-in', '61'], nats.url, '--swap-in takes 0 to 60 seconds', 2],
  ['a graph without history', ['--rollback', '1', '--graph', 'new'], nats.url, 'nothing is published.', 1],
] as [string, string[], string | null, string, number][])(
  'with %s it says so in one sentence',
  async (_what, args, natsUrl, sentence, code) => {
    const result = await publish(args, natsUrl)
    expect(result).toMatchObject({ code, err: expect.stringContaining(sentence) })
    expect(result.err.trim()).not.toContain('\n')
  },
  60_000,
)

test('publishes the supergraph of the project when no file is named, and nothing that a gateway would refuse', async () => {
  expect(await publish(['--graph', 'project'])).toMatchObject({ code: 0 })
  const plain = join(folder, 'plain.graphql')
  await writeFile(plain, 'type Query { a: Int }')
  expect(await publish([plain, '--graph', 'plain'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('nothing is published: it is a GraphQL schema without subgraphs'),
  })
  expect((await publish(['--history', '--graph', 'plain'])).out).toBe('Nothing is published as "plain".\n')
}, 60_000)

test('contracts are published, swapped and rolled back with their supergraph', async () => {
  const on = ['--graph', 'parts', '--swap-in', '0']
  const [shop, press] = ['shop', 'press'].map((name) => ({ name, include: [], exclude: ['staff'] })) as Contract[]
  const begun = await publish([await supergraph('one', [shop as Contract]), ...on])
  const fields = await follow('parts')
  expect([await fields(), await fields('/contracts/shop')]).toEqual([['cost', 'one'], ['one']])
  expect((await publish([await supergraph('two', [press as Contract]), ...on])).code).toBe(0)
  await eventually('the other contract', async () => (await fields('/contracts/press'))?.includes('two'))
  expect(await fields('/contracts/shop')).toBeNull()
  const revision = /revision (\d+) of/.exec(begun.out)?.[1] ?? ''
  expect((await publish(['--rollback', revision, ...on])).code).toBe(0)
  await eventually('the first contract again', async () => (await fields('/contracts/shop'))?.includes('one'))
  expect(await fields('/contracts/press')).toBeNull()
}, 60_000)
