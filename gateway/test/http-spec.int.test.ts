// Long because each MUST and SHOULD of the GraphQL-over-HTTP draft is one row over the same gateway.
import { connect } from 'node:net'
import { GraphQLError } from 'graphql'
import { auditServer } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGraph, type TestGraph } from './graph.ts'

const newest = 'application/graphql-response+json'
let calls = 0
let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph({
    people: {
      typeDefs:
        'type Query { hello(name: String = "you"): String broken: String must: String! } type Mutation { touch: Int }',
      resolvers: {
        Query: {
          hello: (_: unknown, { name }: { name: string }) => `hello ${name}`,
          broken: () => {
            throw new GraphQLError('broken', { extensions: { code: 'BROKEN' } })
          },
          must: () => null,
        },
        Mutation: { touch: () => ++calls },
      },
    },
  })
})
afterAll(() => graph.stop())

const ask = async (init: RequestInit, path = '/graphql') => {
  const response = await fetch(`${graph.gateway.url}${path}`, init)
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, text }
}
const post = (body: unknown, headers: Record<string, string> = {}) =>
  ask({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const get = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
  ask({ headers: { 'apollo-require-preflight': '1', ...headers } }, `/graphql?${new URLSearchParams(parameters)}`)

test('passes the audit of the graphql-http package without an error and without a warning', async () => {
  const results = await auditServer({ url: `${graph.gateway.url}/graphql`, fetchFn: fetch })
  const remarks = results.filter(({ status }) => status !== 'ok').map(({ status, name }) => `${status}: ${name}`)
  expect(results.length).toBeGreaterThan(50)
  expect(remarks.filter((remark) => !remark.startsWith('notice:'))).toEqual([])
  // The newest draft says 422 where this audit still says "MAY use 400", and a plain GET is a forged one.
  expect(
    remarks.filter((remark) => !/MAY use 400 status code|formatted GET requests|in GETs when/.test(remark)),
  ).toEqual([])
})

interface Row {
  section: string
  rule: string
  ask(): ReturnType<typeof ask>
  expect: { status: number; type?: string; text?: string | RegExp; headers?: Record<string, string> }
}
const hello = { query: '{ hello }' }
const helloText = '{"data":{"hello":"hello you"}}'
const plain = 'application/json; charset=utf-8'
const rows: Row[] = [
  {
    section: 'URL',
    rule: 'a server MUST enable requests to a schema at a URL',
    ask: () => post(hello),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'Media Types',
    rule: 'utf-8 MUST be assumed when no encoding is said',
    ask: () => post({ query: '{ hello(name: "Ⅳ🏊") }' }),
    expect: { status: 200, text: '{"data":{"hello":"hello Ⅳ🏊"}}' },
  },
  {
    section: 'POST',
    rule: 'application/json with UTF-8 MUST be supported',
    ask: () => post(hello, { 'content-type': 'application/json; charset="UTF-8"' }),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'POST',
    rule: 'a request without Content-Type SHOULD be rejected with 4xx',
    ask: () => ask({ method: 'POST', body: new Blob([JSON.stringify(hello)]) }),
    expect: { status: 415, headers: { accept: 'application/json' } },
  },
  {
    section: 'Status Codes',
    rule: 'an unsupported Content-Type SHOULD be 415',
    ask: () => post(hello, { 'content-type': 'text/plain' }),
    expect: { status: 415, type: plain, text: /"code":"UNSUPPORTED_MEDIA_TYPE"/ },
  },
  {
    section: 'Status Codes',
    rule: 'so SHOULD another charset',
    ask: () => post(hello, { 'content-type': 'application/json; charset=iso-8859-1' }),
    expect: { status: 415 },
  },
  {
    section: 'RFC 9110 §15.5.16',
    rule: 'and a compressed body',
    ask: () => post(hello, { 'content-encoding': 'gzip' }),
    expect: { status: 415, headers: { 'accept-encoding': 'identity' } },
  },
  {
    section: 'JSON Encoding',
    rule: 'properties that are not understood MUST be ignored',
    ask: () => post({ ...hello, more: 1, __proto__: null }),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'JSON Encoding',
    rule: 'null is equivalent to leaving an optional parameter out',
    ask: () => post({ ...hello, variables: null, operationName: null, extensions: null }),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'JSON Encoding (RFC 8259 §8.1)',
    rule: 'a byte order mark is ignored',
    ask: () => post(`\uFEFF${JSON.stringify(hello)}`),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'JSON Encoding (RFC 8259 §4)',
    rule: 'of a name that is there twice the last counts',
    ask: () => post('{"query":"{ nope }","query":"{ hello }"}'),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'GET',
    rule: 'the parameters MUST be taken from the query component',
    ask: () =>
      get({
        query: 'query A($n: String) { hello(name: $n) } query B { hello }',
        operationName: 'A',
        variables: '{"n":"x"}',
      }),
    expect: { status: 200, text: '{"data":{"hello":"hello x"}}' },
  },
  {
    section: 'GET',
    rule: 'empty optional parameters are equivalent to leaving them out',
    ask: () => get({ ...hello, operationName: '', variables: '', extensions: '' }),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'GET',
    rule: 'operationName=null is the operation with that name',
    ask: () => get({ query: 'query null { hello } query B { hello }', operationName: 'null' }),
    expect: { status: 200, text: helloText },
  },
  {
    section: 'GET',
    rule: 'variables MUST be JSON',
    ask: () => get({ ...hello, variables: '{' }),
    expect: { status: 400 },
  },
  {
    section: 'GET',
    rule: 'a mutation MUST be a 4xx, RECOMMENDED 405 with Allow',
    ask: () => get({ query: 'mutation { touch }' }),
    expect: { status: 405, headers: { allow: 'POST' } },
  },
  {
    section: 'GET',
    rule: 'the same for one that is chosen by its name, whatever its place',
    ask: () =>
      get({ query: 'query A { hello } mutation B { touch }', operationName: 'B' }, { accept: 'application/json' }),
    expect: { status: 405 },
  },
  {
    section: 'Status Codes',
    rule: 'an unsupported method SHOULD be 405 with Allow',
    ask: () => ask({ method: 'PUT', body: '{}', headers: { 'content-type': 'application/json' } }),
    expect: { status: 405, headers: { allow: 'GET, HEAD, POST, OPTIONS' } },
  },
  {
    section: 'RFC 9110 §9.3.2',
    rule: 'HEAD is GET without the content',
    ask: () =>
      ask({ method: 'HEAD', headers: { 'apollo-require-preflight': '1' } }, `/graphql?${new URLSearchParams(hello)}`),
    expect: { status: 200, text: '', type: plain, headers: { 'content-length': String(helloText.length) } },
  },
  {
    section: 'Body',
    rule: 'application/graphql-response+json MUST be supported, the encoding SHOULD be indicated',
    ask: () => post(hello, { accept: newest }),
    expect: { status: 200, type: `${newest}; charset=utf-8`, text: helloText },
  },
  {
    section: 'Body',
    rule: 'the highest priority media type of Accept MUST be used',
    ask: () => post(hello, { accept: `application/json;q=0.5, ${newest};q=0.6` }),
    expect: { status: 200, type: `${newest}; charset=utf-8` },
  },
  {
    section: 'Body',
    rule: 'a legacy client gets application/json with a 2xx',
    ask: () => post(hello, { accept: 'application/json' }),
    expect: { status: 200, type: plain },
  },
  {
    section: 'Body',
    rule: 'an Accept that nothing fits SHOULD be 406',
    ask: () => post(hello, { accept: 'text/html' }),
    expect: { status: 406, type: plain },
  },
  {
    section: 'Validation',
    rule: 'all validation rules SHOULD be applied',
    ask: () => post({ query: '{ hello(name: 5) }' }, { accept: newest }),
    expect: { status: 400, text: /GRAPHQL_VALIDATION_FAILED/ },
  },
  {
    section: 'Status Codes',
    rule: 'data without errors SHOULD be 200',
    ask: () => post(hello, { accept: newest }),
    expect: { status: 200 },
  },
  {
    section: 'Status Codes',
    rule: 'data with errors SHOULD be 294',
    ask: () => post({ query: '{ hello broken }' }, { accept: newest }),
    expect: { status: 294, text: /"data":\{"hello":"hello you","broken":null\}/ },
  },
  {
    section: 'Status Codes',
    rule: 'so SHOULD data that is null',
    ask: () => post({ query: '{ must }' }, { accept: newest }),
    expect: { status: 294, text: /"data":null\}$/ },
  },
  {
    section: 'Partial success',
    rule: 'the number 294 is only for those who know the media type',
    ask: () => post({ query: '{ hello broken }' }),
    expect: { status: 200, type: plain },
  },
  {
    section: 'Status Codes',
    rule: 'a body that is not JSON SHOULD be 400',
    ask: () => post('NONSENSE', { accept: newest }),
    expect: { status: 400, type: plain, text: /"message":"The request body is not JSON\."/ },
  },
  {
    section: 'Status Codes',
    rule: 'so SHOULD an empty one',
    ask: () => post('', { accept: newest }),
    expect: { status: 400, text: /has no body/ },
  },
  {
    section: 'Status Codes',
    rule: 'bytes that are not UTF-8 are not JSON either',
    ask: () =>
      ask({
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ query: '{ hello(name: "é") }' }), 'latin1'),
      }),
    expect: { status: 400, text: /not UTF-8/ },
  },
  ...(
    [
      ['no query', {}],
      ['a query that is not text', { query: 5 }],
      ['a list of operations', [hello]],
      ['text', '"x"'],
      ['variables that are a list', { ...hello, variables: [7] }],
      ['variables that are text', { ...hello, variables: '{}' }],
      ['an operationName that is not text', { ...hello, operationName: {} }],
      ['extensions that are a list', { ...hello, extensions: [] }],
    ] as const
  ).map(
    ([what, body]): Row => ({
      section: 'Status Codes',
      rule: `what is not a well-formed request SHOULD be 422: ${what}`,
      ask: () => post(body, { accept: newest }),
      expect: { status: 422, type: plain, text: /expected|not taken/ },
    }),
  ),
  {
    section: 'Status Codes',
    rule: 'the same for a parameter that is there twice',
    ask: () => ask({ headers: { 'apollo-require-preflight': '1' } }, '/graphql?query={hello}&query={hello}'),
    expect: { status: 422 },
  },
  {
    section: 'Status Codes',
    rule: 'a document that cannot be parsed SHOULD be 400',
    ask: () => post({ query: '{' }, { accept: newest }),
    expect: { status: 400, type: `${newest}; charset=utf-8`, text: /GRAPHQL_PARSE_FAILED/ },
  },
  {
    section: 'Status Codes',
    rule: 'an empty document cannot be parsed',
    ask: () => post({ query: '' }, { accept: newest }),
    expect: { status: 400, text: /GRAPHQL_PARSE_FAILED/ },
  },
  {
    section: 'Status Codes',
    rule: 'an operation that cannot be determined SHOULD be 422',
    ask: () => post({ query: 'query A { hello } query B { hello }' }, { accept: newest }),
    expect: { status: 422, text: /OPERATION_RESOLUTION_FAILURE/ },
  },
  {
    section: 'Status Codes',
    rule: 'an operation that is not there SHOULD be 422',
    ask: () => post({ ...hello, operationName: 'C' }, { accept: newest }),
    expect: { status: 422 },
  },
  {
    section: 'Status Codes',
    rule: 'a refused client SHOULD get 401',
    ask: () => post(hello, { authorization: 'Bearer nope' }),
    expect: { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
  },
  {
    section: 'Status Codes',
    rule: 'a body that is too large SHOULD be 413',
    ask: () => post({ query: 'x'.repeat(1024 * 1024) }),
    expect: { status: 413 },
  },
  {
    section: 'Status Codes',
    rule: 'an address that is too long SHOULD be 414',
    ask: () => get({ query: `{ hello } # ${'x'.repeat(9_000)}` }),
    expect: { status: 414 },
  },
  {
    section: 'Status Codes',
    rule: 'headers that are too long SHOULD be 431',
    ask: () => post(hello, { 'x-long': 'x'.repeat(20_000) }),
    expect: { status: 431 },
  },
  {
    section: 'audit instead of draft',
    rule: 'a document that is not valid is 400, where the draft says SHOULD 422 and its audit SHOULD 400',
    ask: () => post({ query: '{ nope }' }, { accept: newest }),
    expect: { status: 400, type: `${newest}; charset=utf-8` },
  },
  {
    section: 'audit instead of draft',
    rule: 'so are variables that do not fit',
    ask: () => post({ query: 'query ($n: String!) { hello(name: $n) }' }, { accept: newest }),
    expect: { status: 400 },
  },
  ...['{', '{ nope }', 'query ($n: String!) { hello(name: $n) }'].map(
    (query): Row => ({
      section: 'audit instead of draft',
      rule: `a legacy client is told with 200, where the draft says 4xx: ${query}`,
      ask: () => post({ query }, { accept: 'application/json' }),
      expect: { status: 200, type: plain, text: /^\{"errors":/ },
    }),
  ),
]

describe('each rule of GraphQL over HTTP, when asked for the first time and again', () => {
  test.each(rows)('$section: $rule', async (row) => {
    for (const _ of [1, 2]) {
      const { status, type, text, headers } = await row.ask()
      expect(status).toBe(row.expect.status)
      if (typeof row.expect.text === 'string') expect(text).toBe(row.expect.text)
      if (row.expect.text instanceof RegExp) expect(text).toMatch(row.expect.text)
      if (row.expect.type) expect(type).toBe(row.expect.type)
      expect(
        Object.fromEntries(Object.keys(row.expect.headers ?? {}).map((name) => [name, headers.get(name)])),
      ).toEqual(row.expect.headers ?? {})
    }
  })

  test('nothing is run that would be answered with 405 or 406', async () => {
    const before = calls
    await get({ query: 'mutation { touch }' })
    await post({ query: 'mutation { touch }' }, { accept: 'image/png' })
    expect(calls).toBe(before)
    await post({ query: 'mutation { touch }' })
    expect(calls).toBe(before + 1)
  })

  test('a body in chunks is read to its end', async () => {
    const socket = connect(Number(new URL(graph.gateway.url).port), '127.0.0.1')
    const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n'
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`)
    for (const part of ['{"query":', '"{ hello }"', '}']) socket.write(`${part.length.toString(16)}\r\n${part}\r\n`)
    socket.write('0\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toContain(helloText)
  })

  test('clients of automatic persisted queries are told to send the text', async () => {
    const { status, text } = await post({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } })
    expect([status, JSON.parse(text).errors[0]]).toMatchObject([
      400,
      { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
    ])
  })
})
