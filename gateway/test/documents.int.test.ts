// Long because every form of a request goes over every transport.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { eventually, scratchFolder } from '@commerce/local/testing.ts'
import { fetchExchange, Client as Urql } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { parse, print } from 'graphql'
import { createClient } from 'graphql-ws'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import type { TrustMode } from '../src/documents/trust.ts'
import { post, startGraph, type TestGraph } from './graph.ts'
import { afterwards, socketUrl } from './live-graph.ts'
import { live, localFeed, type Payloads, shop, take } from './shop.ts'

const hello = 'query Hello { hello }'
const follow = live.replace('subscription', 'subscription Live')
const flat = { 'hash-of-hello': hello, 'hash-of-live': follow }
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A folder of trusted documents, and a gateway that obeys it. */
async function start(mode: TrustMode, files: Record<string, unknown> = { 'relay.json': flat }) {
  const folder = scratchFolder('documents')
  const write = (name: string, content: unknown) =>
    writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) await write(name, content)
  const lines: { level: number; msg: string; operationName?: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const config = { operations: folder, trustedDocuments: mode, documentsWatchMs: 20 }
  const graph = await startGraph(shop().sources, { feed: localFeed(), log, config })
  afterwards(() => graph.stop())
  const said = (words: string) => lines.filter(({ msg }) => msg.includes(words))
  return { graph, write, said }
}

/** The code of the only error, or what the data are. */
function outcome({ data, errors }: { data?: unknown; errors?: { extensions?: { code?: unknown } }[] }): unknown {
  return errors ? errors[0]?.extensions?.code : data
}

const ask = async (graph: TestGraph, body: object) => outcome(await post(graph.gateway.url, body))

async function get(graph: TestGraph, parameters: Record<string, string>): Promise<unknown> {
  const headers = { 'apollo-require-preflight': '1' }
  const response = await fetch(`${graph.gateway.url}/graphql?${new URLSearchParams(parameters)}`, { headers })
  return outcome((await response.json()) as object)
}

/** The first message of a subscription over WebSocket, or the code of what it is refused with. */
async function overSocket(graph: TestGraph, payload: object): Promise<unknown> {
  const client = createClient({ url: socketUrl(graph), webSocketImpl: WebSocket, retryAttempts: 0 })
  afterwards(() => client.dispose())
  const stream = client.iterate({ query: '', ...payload }) as Payloads
  try {
    return outcome((await take(stream, 1))[0])
  } catch (errors) {
    return (errors as { extensions?: { code?: string } }[])[0]?.extensions?.code
  } finally {
    await stream.return?.()
  }
}

/** The first message that answers a `subscribe` message which the client's library would not send. */
async function overBareSocket(graph: TestGraph, payload: object): Promise<unknown> {
  const socket = new WebSocket(socketUrl(graph), 'graphql-transport-ws')
  afterwards(() => socket.close())
  const heard = async () => JSON.parse(String((await once(socket, 'message'))[0]))
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  await heard()
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }))
  return outcome((await heard()).payload)
}

/** The same over Server-Sent Events, by POST, or by GET as EventSource does. */
async function overEvents(graph: TestGraph, payload: object, method: 'GET' | 'POST'): Promise<unknown> {
  const leaving = new AbortController()
  afterwards(() => leaving.abort())
  const search = new URLSearchParams(
    Object.entries(payload).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
  const response = await fetch(`${graph.gateway.url}/graphql/stream${method === 'GET' ? `?${search}` : ''}`, {
    method,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    signal: leaving.signal,
    ...(method === 'POST' && { body: JSON.stringify(payload) }),
  })
  let text = ''
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString()
    const message = /^data: (\{.*)$/m.exec(text)?.[1]
    if (message) return outcome(JSON.parse(message))
  }
  return text
}

const forms = (id: string): [string, object][] => [
  ['documentId', { documentId: id }],
  ['documentId with its algorithm', { documentId: `sha256:${id}` }],
  ['doc_id', { doc_id: id }],
  ['sha256Hash', { extensions: { persistedQuery: { version: 1, sha256Hash: id } } }],
]
const variables = { skus: ['b'] }
const state = { availabilityChanged: { version: 5, status: 'LOW_STOCK', variant: { sku: 'b', title: 'Title of b' } } }

test('every form of an id runs its document over every transport, and an unknown one is told so', async () => {
  const { graph } = await start('id-only')
  for (const [, named] of forms('hash-of-hello')) {
    expect(await ask(graph, named)).toEqual({ hello: 'hello' })
    const parameters = Object.entries(named).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ])
    expect(await get(graph, Object.fromEntries(parameters))).toEqual({ hello: 'hello' })
  }
  const missing = 'PERSISTED_QUERY_NOT_FOUND'
  for (const [index, [, named]] of forms('hash-of-live').entries()) {
    const [, unknown] = forms('nobody')[index] as [string, object]
    expect(await overSocket(graph, { ...named, variables })).toEqual(state)
    expect(await overSocket(graph, { ...unknown, variables })).toBe(missing)
    // As a variable of this name must not be taken for the text.
    expect(await overBareSocket(graph, { ...named, variables: { ...variables, query: 'tv' } })).toEqual(state)
    for (const method of ['GET', 'POST'] as const) {
      expect(await overEvents(graph, { ...named, variables }, method)).toEqual(state)
      expect(await overEvents(graph, { ...unknown, variables }, method)).toBe(missing)
    }
    expect(await ask(graph, unknown)).toBe(missing)
  }
})

test.each([
  ['id-only', 'DOCUMENT_NOT_TRUSTED', 'DOCUMENT_NOT_TRUSTED'],
  ['safelist', { hello: 'hello' }, 'DOCUMENT_NOT_TRUSTED'],
  ['audit', { hello: 'hello' }, { hello: 'hello' }],
  ['off', { hello: 'hello' }, { hello: 'hello' }],
] as [TrustMode, unknown, unknown][])('in mode %s a known text is %j and another %j', async (mode, known, other) => {
  const { graph } = await start(mode, { 'hello.graphql': `# A page\n${hello}`, 'relay.json': { x: '{ __typename }' } })
  expect(await ask(graph, { query: hello })).toEqual(known)
  const added = hello.replace('{ hello', '{\n  __typename\n  hello')
  expect(await ask(graph, { query: added })).toEqual(
    typeof known === 'string' ? known : { __typename: 'Query', ...(known as object) },
  )
  expect(await get(graph, { query: '{ hello }' })).toEqual(other)
  expect(await ask(graph, { query: '{ hello }' })).toEqual(other)
  const payload = { query: '{ hello }' }
  expect(await overSocket(graph, payload)).toEqual(other)
  expect(await overEvents(graph, payload, 'POST')).toEqual(other)
})

test('a refusal says in one sentence why', async () => {
  const { graph } = await start('safelist')
  const message = async (body: object) => (await post(graph.gateway.url, body)).errors?.[0].message
  expect(await message({ query: '{ hello }' })).toBe(
    'Only trusted documents run here, and this is none of them: register it first.',
  )
  expect(await message({ documentId: 'x' })).toBe('No trusted document has the id "x".')
  expect(await message({ documentId: 5 })).toBe('The documentId is of type number: text was expected.')
  expect(await message({ documentId: 'x', doc_id: 'y' })).toBe(
    'The documentId and the doc_id name two documents, one was expected.',
  )
  const off = await start('off')
  expect((await post(off.graph.gateway.url, { documentId: 'x' })).errors?.[0]).toMatchObject({
    message: 'Documents are not known by an id here: send the text.',
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
  })
})

test('what was answered many times is refused once its document is gone, and runs again when it is back', async () => {
  const { graph, write, said } = await start('safelist', { 'one.json': flat, 'two.graphql': 'query Two { hello }' })
  const requests = [{ documentId: 'hash-of-hello' }, { query: hello }]
  const outcomes = () => Promise.all(requests.map((request) => ask(graph, request)))
  const answered = [{ hello: 'hello' }, { hello: 'hello' }]
  for (let i = 0; i < 3; i++) expect(await outcomes()).toEqual(answered)
  await write('one.json', { 'hash-of-live': follow })
  await eventually('the new documents', () => said('are replaced').length === 1)
  expect(await outcomes()).toEqual(['PERSISTED_QUERY_NOT_FOUND', 'DOCUMENT_NOT_TRUSTED'])
  await write('one.json', flat)
  await eventually('the old documents', () => said('are replaced').length === 2)
  expect(await outcomes()).toEqual(answered)
})

test.each([
  ['is cut off', '{"hash-of-hello": "query Hel', 'one.json holds no operations'],
  ['has no document', { 'hash-of-hello': 'query {' }, 'one.json holds no operations: Syntax Error'],
  ['has two documents of one id', { x: '{ hello }' }, 'the id x names two documents'],
  ['is none', { version: 1 }, 'a manifest is an object from hash to document, or Apollo'],
])('a manifest that %s keeps the old documents, and says so once', async (_what, content, sentence) => {
  const { graph, write, said } = await start('id-only', { 'one.json': flat, 'a.json': { x: '{ __typename }' } })
  await write('one.json', content)
  await eventually('told', () => said('are not replaced, the old ones stay').length > 0)
  expect(said('the old ones stay').map(({ msg }) => msg)).toEqual([expect.stringContaining(sentence)])
  expect(await ask(graph, { documentId: 'hash-of-hello' })).toEqual({ hello: 'hello' })
  await write('one.json', { y: '{ hello }' })
  await eventually('taken over', async () => (await ask(graph, { documentId: 'y' })) !== 'PERSISTED_QUERY_NOT_FOUND')
  expect(said('the old ones stay')).toHaveLength(1)
})

test('an audit names each unknown document once, and counts every request', async () => {
  const { graph, said } = await start('audit')
  const ask3 = async (body: object) => {
    for (let i = 0; i < 3; i++) await ask(graph, body)
  }
  await ask3({ query: 'query Unknown { hello }', operationName: 'Unknown' })
  await ask3({ query: 'query Unknown { hello  }', operationName: 'Unknown' })
  await ask3({ documentId: 'hash-of-hello' })
  await ask3({ documentId: 'nobody' })
  expect(said('not trusted').map(({ operationName }) => operationName)).toEqual(['Unknown'])
  const metrics = await (await fetch(`${graph.gateway.url}/metrics`)).text()
  for (const line of ['{result="unknown"} 6', '{result="trusted"} 3', '{result="refused"} 3'])
    expect(metrics).toContain(`gateway_documents_total${line}`)
  expect(metrics).toContain('gateway_trusted_documents 2')
})

test.each([
  ['id-only', { 'hello.graphql': hello }, 'holds no manifest with ids'],
  ['safelist', {}, 'holds no operations'],
] as [TrustMode, Record<string, unknown>, string][])(
  'in mode %s a folder where nothing could run refuses the start: %j',
  async (mode, files, sentence) => {
    await expect(start(mode, files)).rejects.toThrow(sentence)
  },
)

test("Apollo Client's persisted queries and urql's run by a manifest of Apollo's, and never send a text", async () => {
  const body = print(parse('query Hello { hello }'))
  const operations = [{ id: sha256(body), name: 'Hello', type: 'query', body }]
  const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations }
  const { graph } = await start('id-only', { 'persisted-query-manifest.json': manifest })
  const uri = `${graph.gateway.url}/graphql`
  const sent: string[] = []
  const fetching: typeof fetch = (...request) => {
    sent.push(`${request[0]} ${request[1]?.body ?? ''}`)
    return fetch(...request)
  }
  const apollo = new ApolloClient({
    link: new PersistedQueryLink({ sha256 }).concat(new HttpLink({ uri, fetch: fetching })),
    cache: new InMemoryCache(),
  })
  afterwards(() => apollo.stop())
  expect((await apollo.query({ query: gql(hello) })).data).toEqual({ hello: 'hello' })
  const urql = new Urql({
    url: uri,
    fetch: fetching,
    // It asks with GET, which a page of another origin must not be able to.
    fetchOptions: { headers: { 'apollo-require-preflight': '1' } },
    preferGetMethod: false,
    exchanges: [
      persistedExchange({ enforcePersistedQueries: true, generateHash: async (text) => sha256(print(parse(text))) }),
      fetchExchange,
    ],
  })
  expect((await urql.query(hello, {})).data).toEqual({ hello: 'hello' })
  expect(sent).toHaveLength(2)
  expect(sent.join()).not.toContain('{ hello }')
  await expect(apollo.query({ query: gql('query Other { hello }'), fetchPolicy: 'network-only' })).rejects.toThrow(
    'Only trusted documents run here',
  )
})
