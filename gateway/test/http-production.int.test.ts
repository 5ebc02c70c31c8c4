// Long because each of the checks is one row over the same process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compileCache } from '@commerce/local/testing.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compose, startSubgraph, type TestSubgraph } from './graph.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname
const secret = { GATEWAY_SECRET: 'f4kq-not-of-the-examples' }
let subgraph: TestSubgraph
let folder: string
let url: string
let child: ChildProcess

/** How main.ts starts in production: ready, or not. */
async function start(environment: Record<string, string>) {
  const started = spawn(process.execPath, [main, '--port', '0', '--supergraph', join(folder, 'supergraph.graphql')], {
    env: { NODE_ENV: 'production', ...compileCache, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  for await (const line of createInterface({ input: started.stderr as NodeJS.ReadableStream })) {
    const said = JSON.parse(line) as { level: number; msg: string; url: string }
    if (said.msg !== 'ready' && said.level < 60) continue
    started.stderr?.resume()
    return { child: started, ...said }
  }
  throw new Error('The gateway said nothing.')
}

beforeAll(async () => {
  subgraph = await startSubgraph('people', {
    typeDefs:
      'enum Mood { GOOD } type Query { hello: String mood(of: Mood): String broken: String } type Mutation { touch: Int }',
    resolvers: {
      Query: {
        hello: () => 'you',
        broken: () => {
          throw new Error('broken')
        },
      },
      Mutation: { touch: () => 1 },
    },
  })
  folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  await writeFile(join(folder, 'supergraph.graphql'), compose([subgraph]))
  const started = await start(secret)
  child = started.child
  url = started.url
})
afterAll(async () => {
  child.kill()
  await once(child, 'exit')
  await subgraph.stop()
  await rm(folder, { recursive: true })
})

/** The text of an answer, and what is in it. */
async function ask(query: unknown, init: RequestInit = {}, path = '/graphql') {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}${path}`, {
    ...(query !== undefined && { method: 'POST', headers, body: JSON.stringify(query) }),
    ...init,
  })
  const text = await response.text()
  return {
    status: response.status,
    text,
    headers: response.headers,
    json: text.startsWith('{') ? JSON.parse(text) : null,
  }
}

describe('what graphql-cop looks for is not there', () => {
  const cop = (selection: string) => ask({ query: `query cop { ${selection} }` })

  test('alias overloading', async () => {
    const { json } = await cop(Array.from({ length: 101 }, (_, i) => `alias${i}:__typename`).join(' '))
    expect(json).toMatchObject({ errors: [{ extensions: { limit: 'aliases', allowed: 100 } }] })
  })

  test('batches of operations', async () => {
    const { json } = await ask(Array.from({ length: 10 }, () => ({ query: '{ __typename }' })))
    expect(json.errors).toHaveLength(1)
  })

  test('directive overloading', async () => {
    const { json } = await cop(`__typename ${'@aa'.repeat(10)}`)
    expect(json.errors).toMatchObject([{ extensions: { limit: 'directivesAtOnce' } }])
  })

  test('circular introspection', async () => {
    const { json } = await cop(
      '__schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } }',
    )
    expect(json.data).toBeUndefined()
  })

  test('field duplication', async () => {
    const { json } = await cop('__typename \n'.repeat(500))
    expect(json).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_LIMIT' } }] })
  })

  test('field suggestions, of values in variables too', async () => {
    const field = await cop('helo')
    expect(field.json.errors[0].message).toBe('Cannot query field "helo" on type "Query".')
    const value = await ask({ query: 'query ($m: Mood) { mood(of: $m) }', variables: { m: 'GOD' } })
    expect(value.json.errors[0].message).toContain('"GOD"')
    const argument = await cop('mood(off: GOOD)')
    const literal = await cop('mood(of: GOD)')
    expect([field, value, argument, literal].map(({ text }) => text).join()).not.toContain('Did you mean')
  })

  test('introspection', async () => {
    for (const selection of ['__schema { types { name } }', '__type(name: "Query") { name }']) {
      const { status, json } = await cop(selection)
      expect({ status, data: json.data }).toEqual({ status: 400 })
    }
  })

  test('GraphiQL, at any of its usual places', async () => {
    for (const path of ['/', '/graphiql', '/playground', '/console', '/graphql']) {
      const { status, text } = await ask(undefined, { headers: { accept: 'text/html' } }, path)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(text).not.toMatch(/graphiql|playground/i)
    }
  })

  test('tracing', async () => {
    const { json } = await cop('__typename')
    expect(json).toEqual({ data: { __typename: 'Query' } })
  })

  test('queries by a plain GET', async () => {
    const { status, json } = await ask(undefined, {}, '/graphql?query={__typename}')
    expect({ status, data: json.data }).toEqual({ status: 400 })
  })

  test('mutations by GET', async () => {
    for (const headers of [{}, { 'apollo-require-preflight': '1' }] as HeadersInit[]) {
      const { status, json } = await ask(undefined, { headers }, '/graphql?query=mutation{__typename}')
      expect(status).toBeGreaterThanOrEqual(400)
      expect(json.data).toBeUndefined()
    }
  })

  test('forms of other pages', async () => {
    const { status, json } = await ask(undefined, {
      method: 'POST',
      body: new URLSearchParams({ query: '{ __typename }' }),
    })
    expect({ status, data: json.data }).toEqual({ status: 415 })
  })

  test('unhandled errors', async () => {
    const { json } = await ask({ query: 'qwerty cop { abc }' })
    expect(json.errors[0].extensions).toEqual({ code: 'GRAPHQL_PARSE_FAILED' })
    const { text } = await cop('broken')
    expect(text).not.toMatch(/stack|node_modules|\.ts:/)
  })
})

test('pages of other origins may not ask unless they are named', async () => {
  const { headers } = await ask(undefined, { method: 'OPTIONS', headers: { origin: 'https://shop.example' } })
  expect(headers.get('access-control-allow-origin')).toBeNull()
})

describe('a start that is not safe is refused with one sentence', () => {
  test.each([
    ['no secret', {}, 'GATEWAY_SECRET is missing: set the same value here and in every subgraph'],
    [
      'a secret of the examples',
      { GATEWAY_SECRET: 'change-me-change-me' },
      'GATEWAY_SECRET is the one of the examples',
    ],
    [
      'a token key of the examples',
      { ...secret, JWT_SECRET: 'change-me-change-me-change-me-change-me' },
      'JWT_SECRET is the one of the examples',
    ],
    ['one character as a key', { ...secret, JWT_SECRET: 'a'.repeat(40) }, 'JWT_SECRET is the one of the examples'],
    [
      'keys over an open line',
      { ...secret, JWT_JWKS_URL: 'http://issuer.example/keys' },
      'JWT_JWKS_URL is not https: whoever is on the way could hand out keys',
    ],
  ])('%s', async (_what, environment, message) => {
    const { child: refused, msg } = await start(environment)
    expect(msg).toContain('not safe in production')
    expect(msg).toContain(message)
    if (refused.exitCode === null) await once(refused, 'exit')
    expect(refused.exitCode).not.toBe(0)
  })

  test.each([
    ['the same in development', { NODE_ENV: 'development', JWT_JWKS_URL: 'http://issuer.example/keys' }],
    ['keys of this machine', { ...secret, JWT_JWKS_URL: 'http://127.0.0.1:1/keys' }],
  ])('but not %s', async (_what, environment) => {
    const { child: started, msg } = await start(environment as Record<string, string>)
    expect(msg).toBe('ready')
    started.kill()
    await once(started, 'exit')
  })
})

test('what is asked for by name is open in production too', async () => {
  const open = await start({ ...secret, INTROSPECTION: 'true', CORS_ORIGINS: '*' })
  const post = (query: string) =>
    fetch(`${open.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://shop.example' },
      body: JSON.stringify({ query }),
    })
  const answer = await post('{ __schema { queryType { name } } }')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(await answer.json()).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } })
  expect(await (await post('{ helo }')).text()).toContain('Did you mean')
  expect((await fetch(open.url)).status).toBe(200)
  open.child.kill()
  await once(open.child, 'exit')
})
