// Long because each attack is one row over the same gateway.
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { gatewayDefaults } from '../src/config.ts'
import { type Answer, post, startGraph, type TestGraph } from './graph.ts'

const { limits } = gatewayDefaults
let graph: TestGraph
beforeAll(async () => {
  const loop = () => ({})
  graph = await startGraph({
    people: {
      typeDefs: `
        type Query {
          hello(name: String = "you"): String
          number(n: Int): Int
          loop: Loop
          page(first: Int): [Loop] @listSize(slicingArguments: ["first"])
          find(filter: Filter): Int
          report: Int @cost(weight: 1000000)
        }
        type Mutation { touch: Int }
        type Loop { next: Loop loops: [Loop] name: String }
        input Filter { and: [Filter] text: String }
      `,
      resolvers: {
        Query: {
          hello: (_: unknown, { name }: { name: string }) => `hello ${name}`,
          number: (_: unknown, { n }: { n: number }) => n,
          loop,
          page: () => [],
          find: () => 1,
          report: () => 1,
        },
        Mutation: { touch: () => 1 },
        Loop: { next: loop, loops: () => [], name: () => 'loop' },
      },
    },
  })
})
afterAll(() => graph.stop())

const times = (count: number, text: (i: number) => string, joint = ' ') =>
  Array.from({ length: count }, (_, i) => text(i)).join(joint)
const nested = (depth: number) => `{ loop ${'{ next '.repeat(depth)}{ name } ${'}'.repeat(depth)} }`
const bodyOf = (query: string, variables = '{}') => `{"query":${JSON.stringify(query)},"variables":${variables}}`

/** What a request takes of this process' time, in milliseconds: the median of three after a first one. */
async function cpuOf(request: () => Promise<Answer>): Promise<{ answer: Answer; ms: number }> {
  const all: number[] = []
  let answer = await request()
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage()
    answer = await request()
    const { user, system } = process.cpuUsage(before)
    all.push((user + system) / 1000)
  }
  return { answer, ms: all.sort((a, b) => a - b)[1] as number }
}

/** How often the gateway planned, looked for a plan, or asked a subgraph. */
async function worked(): Promise<number> {
  const page = await (await fetch(`${graph.gateway.url}/metrics`)).text()
  const counter =
    /^(gateway_plan_cache_requests_total|gateway_plan_duration_seconds_count|http_client_request_duration_seconds_count)/
  return page.split('\n').reduce((sum, line) => sum + (counter.test(line) ? Number(line.split(' ').at(-1)) : 0), 0)
}

const overLimit: [attack: string, limit: string, query: string, variables?: string][] = [
  ['a text without end', 'characters', `{ hello } # ${'x'.repeat(1_000_000)}`],
  ['a megabyte of open braces', 'characters', '{'.repeat(1_000_000)],
  ['open braces within the length', 'nesting', '{'.repeat(99_000)],
  ['open lists of values', 'nesting', `{ hello(name: ${'['.repeat(50_000)}) }`],
  ['open input objects', 'nesting', `{ find(filter: ${'{and:'.repeat(15_000)}) }`],
  ['a deep operation', 'depth', nested(limits.depth + 1)],
  [
    'a deep operation in fragments',
    'depth',
    `{ loop { ...F0 } } ${times(30, (i) => `fragment F${i} on Loop { next { ...F${i + 1} } }`)} fragment F30 on Loop { name }`,
  ],
  ['tokens', 'tokens', `{ loop { ${'name '.repeat(15_000)} } }`],
  ['aliases', 'aliases', `{ ${times(101, (i) => `a${i}: __typename`)} }`],
  [
    'aliases in fragments',
    'aliases',
    `{ loop { ...F next { ...F } } } fragment F on Loop { ${times(60, (i) => `a${i}: name`)} }`,
  ],
  ['root fields', 'rootFields', `{ ${'hello '.repeat(51)} }`],
  [
    'root fields in fragments',
    'rootFields',
    `{ ${'...F '.repeat(20)} } fragment F on Query { hello number loop { name } }`,
  ],
  ['a field over and over', 'repeats', `{ loop { ${'name '.repeat(500)} } }`],
  ['the same tree over and over', 'repeats', `{ loop { ${'next { next { next { name } } } '.repeat(700)} } }`],
  [
    'fragments in fragments',
    'fragments',
    `{ loop { ...F0 } } ${times(12, (i) => `fragment F${i} on Loop { ...F${i + 1} next { ...F${i + 1} } }`)} fragment F12 on Loop { name }`,
  ],
  [
    'fragments that double',
    'fields',
    `{ loop { ...F0 } } ${times(800, (i) => `fragment F${i} on Loop { ...F${i + 1} ...F${i + 1} }`)} fragment F800 on Loop { name }`,
  ],
  [
    'fragments that double into nothing',
    'fragments',
    `{ loop { ...F0 } } ${times(30, (i) => `fragment F${i} on Loop { ...F${i + 1} ...F${i + 1} }`)}`,
  ],
  [
    'many fragments',
    'fragments',
    `{ loop { ${times(600, (i) => `...F${i}`)} } } ${times(600, (i) => `fragment F${i} on Loop { name next { name } }`)}`,
  ],
  ['inline fragments', 'fragments', `{ loop { ${'... { name } '.repeat(300)} } }`],
  [
    'fields in fragments',
    'fields',
    `{ loop { ${times(200, () => '...F')} } } fragment F on Loop { ${times(55, (i) => `f${i}`)} }`,
  ],
  ['directives at one place', 'directivesAtOnce', `{ hello ${'@aa'.repeat(10)} }`],
  ['directives of an operation', 'directives', `query ${'@aa '.repeat(2_000)} { hello }`],
  [
    'directives all over',
    'directives',
    `{ loop { ${'...F '.repeat(15)} } } fragment F on Loop { ${'name @include(if: true) '.repeat(20)} }`,
  ],
  ['variables', 'variables', `query (${times(2_000, (i) => `$v${i}: Int`)}) { hello }`],
  [
    'a deep value',
    'variableDepth',
    'query ($f: Filter) { find(filter: $f) }',
    `{"f":${'{"and":['.repeat(60_000)}${']}'.repeat(60_000)}}`,
  ],
  [
    'deep variables that nobody declared',
    'variableDepth',
    '{ hello }',
    `{"x":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
  ],
  [
    'a list of values',
    'variableValues',
    'query ($f: Filter) { find(filter: $f) }',
    `{"f":{"and":[${times(200_000, () => '{}', ',')}]}}`,
  ],
  ['lists in lists', 'cost', `{ loop { ${'loops { '.repeat(6)} name ${'}'.repeat(6)} } }`],
  ['a page without end', 'cost', '{ page(first: 2147483647) { name } }'],
  ['a page that a variable makes large', 'cost', 'query ($n: Int) { page(first: $n) { name } }', '{"n":300000}'],
  ['a field with a weight', 'cost', '{ report }'],
]

describe('an operation over a limit is refused before it is validated, planned or run', () => {
  test.each(overLimit)('%s', async (_attack, limit, query, variables) => {
    const before = await worked()
    const { answer, ms } = await cpuOf(() => post(graph.gateway.url, bodyOf(query, variables)))
    const extensions = { code: 'OPERATION_LIMIT', limit, actual: expect.any(Number), allowed: expect.any(Number) }
    // One error: validation would have more to say about most of these.
    const message = expect.stringMatching(/, \d+ are allowed\.$/)
    expect(answer).toEqual({ status: 400, errors: [{ message, extensions }] })
    expect(await worked()).toBe(before)
    expect(ms).toBeLessThan(100)
  })

  test('and what is within them is counted where these are not', async () => {
    const before = await worked()
    await graph.ask('{ hello }')
    expect(await worked()).toBeGreaterThan(before)
  })
})

const refused: [attack: string, query: string, variables: string, code: string][] = [
  ['a fragment in itself', '{ loop { ...A } } fragment A on Loop { next { ...A } }', '{}', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'fragments in a circle',
    `{ loop { ...F0 } } ${times(15, (i) => `fragment F${i} on Loop { next { ...F${(i + 1) % 15} } }`)}`,
    '{}',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'circles that nobody spreads',
    `{ hello } ${times(900, (i) => `fragment F${i} on Loop { ...F${(i + 1) % 900} }`)}`,
    '{}',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a circle through introspection',
    '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
    '{}',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['unknown fields', `{ loop { ${times(4_900, (i) => `nam${i}`)} } }`, '{}', 'GRAPHQL_VALIDATION_FAILED'],
  ['a huge integer', `{ number(n: ${'9'.repeat(90_000)}) }`, '{}', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a huge integer in a variable',
    'query ($n: Int) { number(n: $n) }',
    `{"n":${'9'.repeat(900_000)}}`,
    'BAD_USER_INPUT',
  ],
  [
    'small variables nested deeply',
    'query ($f: Filter) { find(filter: $f) }',
    `{"f":${'['.repeat(4_000)}${']'.repeat(4_000)}}`,
    'OPERATION_LIMIT',
  ],
  ['a text that does not end', `{ hello(name: "${'x'.repeat(90_000)}`, '{}', 'GRAPHQL_PARSE_FAILED'],
  ['a page without its argument', '{ page { name } }', '{}', 'SLICING_ARGUMENT_REQUIRED'],
]

test.each(refused)('%s is refused within 100 ms of CPU', async (_attack, query, variables, code) => {
  const { answer, ms } = await cpuOf(() => post(graph.gateway.url, bodyOf(query, variables)))
  expect({ status: answer.status, code: answer.errors?.[0].extensions.code }).toEqual({ status: 400, code })
  expect(ms).toBeLessThan(100)
})

test('brackets in texts of variables nest nothing, and escaped quotes do not end them', async () => {
  const name = `\\"${'{['.repeat(20_000)}`
  const { data } = await graph.ask('query ($n: String) { hello(name: $n) }', { n: name })
  expect(data).toEqual({ hello: `hello ${name}` })
})

test.each([
  ['levels', nested(limits.depth - 2)],
  [
    'aliases',
    `{ ${times(limits.rootFields, (i) => `a${i}: hello`)} loop { ${times(limits.aliases - limits.rootFields, (i) => `b${i}: name`)} } }`.replace(
      'a0: hello',
      '',
    ),
  ],
  ['the same field', `{ loop { ${'name '.repeat(limits.repeats)} } }`],
  ['cost', '{ page(first: 1000) { loops { loops { name } } } }'],
  [
    'fragments',
    `{ loop { ${times(100, (i) => `...F${i}`)} } } ${times(100, (i) => `fragment F${i} on Loop { name }`)}`,
  ],
  ['characters', `{ hello } # ${'x'.repeat(limits.text - 12)}`],
])('an operation at the limit of %s is answered', async (_limit, query) => {
  const { status, errors } = await graph.ask(query)
  expect({ status, errors }).toEqual({ status: 200 })
})

describe('names that every object has are ordinary names', () => {
  test('of aliases', async () => {
    const { data } = await graph.ask('{ constructor: hello toString: number(n: 2) hasOwnProperty: hello }')
    expect(data).toEqual({ constructor: 'hello you', toString: 2, hasOwnProperty: 'hello you' })
  })

  test('of variables, and of aliases that a JSON reader may trip over', async () => {
    const query =
      'query ($__proto__: String, $constructor: String) { __proto__: hello(name: $__proto__) constructor: hello(name: $constructor) }'
    const response = await fetch(`${graph.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bodyOf(query, '{"__proto__":"p","constructor":"c"}'),
    })
    expect(await response.text()).toBe('{"data":{"__proto__":"hello p","constructor":"hello c"}}')
  })

  test('of properties of the body', async () => {
    const proto = '"__proto__":{"query":"{ nope }","polluted":1}'
    const body = `{${proto},"query":"{ hello }","variables":{${proto}},"extensions":{${proto}}}`
    expect(await post(graph.gateway.url, body)).toEqual({ status: 200, data: { hello: 'hello you' } })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('over WebSocket', () => {
  test.each([
    ['depth', nested(limits.depth + 1), undefined],
    ['cost', '{ report }', undefined],
    ['nesting', '{'.repeat(30_000), undefined],
    ['variableDepth', '{ hello }', { x: JSON.parse('['.repeat(1_000) + ']'.repeat(1_000)) }],
  ])('the limit of %s is the same', async (limit, query, variables) => {
    const url = `${graph.gateway.url.replace('http', 'ws')}/graphql`
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
    const asked = client.iterate(variables ? { query, variables } : { query }).next()
    await expect(asked).rejects.toMatchObject([{ extensions: { code: 'OPERATION_LIMIT', limit } }])
    await client.dispose()
  })
})
