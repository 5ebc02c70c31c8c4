// Long because each rule of the public door is one row over the same gateway.
import { rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { compose, post, type SubgraphSource, startGraph, type TestGraph } from './graph.ts'

const secret = 'a secret of at least thirty-two characters'
const sources: Record<string, SubgraphSource> = {
  people: {
    typeDefs:
      'type Query { me: String hello(name: String = "you"): String loop: Loop } type Loop { next: Loop name: String } type Mutation { touch: Int }',
    resolvers: {
      Query: {
        me: (_: unknown, _args: unknown, { headers }: { headers: Record<string, string> }) =>
          headers['x-viewer'] ?? null,
        hello: (_: unknown, { name }: { name: string }) => `hello ${name}`,
        loop: () => ({}),
      },
      Loop: { next: () => ({}), name: () => 'loop' },
      Mutation: { touch: () => 1 },
    },
  },
}

let graph: TestGraph
beforeAll(async () => {
  const tokens = { key: { secret }, issuer: 'shop', audience: 'graph' }
  graph = await startGraph(sources, {
    config: {
      tokens,
      secret: 'the secret of the gateway',
    },
  })
})
afterAll(() => graph.stop())

function signer() {
  return new SignJWT({ scope: 'staff  prices' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('u1')
    .setIssuer('shop')
    .setAudience('graph')
    .setExpirationTime('5m')
}
const sign = (token: SignJWT, key = secret) => token.sign(new TextEncoder().encode(key))
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a viewer', () => {
  test('is anonymous without a token', async () => {
    expect((await graph.ask('{ me }')).data).toEqual({ me: null })
  })

  test('reaches subgraphs with the scopes of the token, beside the secret and the trace', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const { data } = await graph.ask(
      '{ me }',
      {},
      { ...bearer(await sign(signer())), traceparent, 'x-viewer': 'forged', 'x-gateway-secret': 'forged' },
    )
    expect(JSON.parse(Buffer.from(data.me, 'base64url').toString())).toEqual({ id: 'u1', scopes: ['staff', 'prices'] })
    expect(graph.subgraphs.people?.requests.at(-1)?.headers).toMatchObject({
      'x-gateway-secret': 'the secret of the gateway',
      traceparent,
    })
  })

  test('cannot be forged by a header', async () => {
    const viewer = Buffer.from('{"id":"root","scopes":["staff"]}').toString('base64url')
    expect((await graph.ask('{ me }', {}, { 'x-viewer': viewer })).data).toEqual({ me: null })
  })

  test.each([
    [
      'another key',
      async () => sign(signer(), 'another secret of at least thirty-two chars'),
      'The token is not valid.',
    ],
    ['no signature', async () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"u1"}')}.`, 'The token is not valid.'],
    ['an end in the past', async () => sign(signer().setExpirationTime('-1m')), 'The token has expired.'],
    [
      'another issuer',
      async () => sign(signer().setIssuer('other')),
      'The token\'s "iss" is not what this gateway accepts.',
    ],
    [
      'another audience',
      async () => sign(signer().setAudience('other')),
      'The token\'s "aud" is not what this gateway accepts.',
    ],
    ['nobody in it', async () => sign(signer().setSubject('')), 'The token names nobody: it has no "sub".'],
    ['rubbish', async () => 'rubbish', 'The token is not valid.'],
  ])('is refused with a token that has %s', async (_what, token, message) => {
    expect(await graph.ask('{ me }', {}, bearer(await token()))).toEqual({
      status: 401,
      errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  test('is refused with another kind of authorization', async () => {
    expect((await graph.ask('{ me }', {}, { authorization: 'Basic x' })).status).toBe(401)
  })
})

describe('keys of an issuer', () => {
  const cleanups: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup()
  })

  test('verify its tokens, and only with a private key', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }
    const issuer = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] })),
    )
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
    const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`
    const other = await startGraph(sources, { config: { tokens: { key: { jwksUrl }, issuer: null, audience: null } } })
    cleanups.push(
      () => other.stop(),
      () => issuer.close(),
    )
    const good = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).setSubject('u2').sign(privateKey)
    const { data } = await other.ask('{ me }', {}, bearer(good))
    expect(JSON.parse(Buffer.from(data.me, 'base64url').toString())).toEqual({ id: 'u2', scopes: [] })
    const confused = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setSubject('u2')
      .sign(new TextEncoder().encode(JSON.stringify(jwk)))
    expect((await other.ask('{ me }', {}, bearer(confused))).status).toBe(401)
  })

  test("that cannot be fetched are not the client's fault", async () => {
    const tokens = { key: { jwksUrl: 'http://127.0.0.1:1/keys' }, issuer: null, audience: null }
    const other = await startGraph(sources, { config: { tokens } })
    cleanups.push(() => other.stop())
    const { privateKey } = await generateKeyPair('ES256')
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setSubject('u2').sign(privateKey)
    expect((await other.ask('{ me }', {}, bearer(token))).status).toBe(503)
  })
})

describe('limits', () => {
  test('refuse a body above 1 MiB with 413, whether it says its length or not', async () => {
    const big = JSON.stringify({ query: '{ me }', variables: { x: 'x'.repeat(1024 * 1024) } })
    const said = await post(graph.gateway.url, big)
    expect(said).toEqual({
      status: 413,
      errors: [{ message: expect.stringContaining('1048576 bytes'), extensions: { code: expect.any(String) } }],
    })
    const unsaid = await fetch(`${graph.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([big]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect([unsaid.status, (await unsaid.json()).errors[0].message]).toEqual([413, said.errors?.[0].message])
  })

  test('do not take lists of operations', async () => {
    expect(await post(graph.gateway.url, [{ query: '{ me }' }])).toMatchObject({
      status: 422,
      errors: [{ message: 'Lists of operations are not taken: send one in a request.' }],
    })
  })

  test('let introspection of the whole schema through', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const other = await startGraph(sources)
    const { status, errors, data } = await other.ask(getIntrospectionQuery({ descriptions: true, oneOf: true }))
    await other.stop()
    expect({ status, errors }).toEqual({ status: 200 })
    expect(data.__schema.types.length).toBeGreaterThan(5)
  })

  test('can take introspection away', async () => {
    const other = await startGraph(sources, { config: { introspection: false } })
    const { status, errors } = await other.ask('{ __schema { types { name } } }')
    await other.stop()
    expect(status).toBe(400)
    expect(errors?.[0].message).toContain('introspection')
  })
})

describe('over HTTP', () => {
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${graph.gateway.url}${path}`, { headers })
  const preflighted = { 'apollo-require-preflight': 'true' }

  test('queries may be asked with GET, mutations may not', async () => {
    const query = await get(`/graphql?query=${encodeURIComponent('{ hello(name: "x") }')}`, preflighted)
    expect([query.status, await query.json()]).toEqual([200, { data: { hello: 'hello x' } }])
    const mutation = await get(`/graphql?query=${encodeURIComponent('mutation { touch }')}`, preflighted)
    expect([mutation.status, mutation.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('forged requests of browsers are refused', async () => {
    expect((await get('/graphql?query={me}')).status).toBe(400)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const response = await fetch(`${graph.gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"query":"{ me }"}',
      })
      expect(response.status).toBe(415)
    }
    const odd = await get('/graphql?query={me}', { ...preflighted, 'content-type': 'message/http' })
    expect(odd.status).toBe(415)
  })

  test.each([
    ['a body that is not JSON', '{', 400],
    ['no query', '{}', 422],
    ['a syntax error', JSON.stringify({ query: '{' }), 400],
    ['an unknown field', JSON.stringify({ query: '{ nope }' }), 400],
    [
      'a variable of another type',
      JSON.stringify({ query: 'query ($n: String) { hello(name: $n) }', variables: { n: 5 } }),
      400,
    ],
    ['a missing variable', JSON.stringify({ query: 'query ($n: String!) { hello(name: $n) }' }), 400],
    ['an unknown operation', JSON.stringify({ query: 'query A { me } query B { me }', operationName: 'C' }), 422],
    ['a subscription', JSON.stringify({ query: 'subscription { x }' }), 400],
  ])("%s is the client's error", async (_what, body, status) => {
    const answer = await post(graph.gateway.url, body)
    expect(answer.status).toBe(status)
    expect(answer.errors?.[0].message).toBeTruthy()
  })

  test('one of several operations is chosen by name', async () => {
    const query = 'query A { a: hello(name: "a") } query B { b: hello(name: "b") }'
    expect((await post(graph.gateway.url, { query, operationName: 'B' })).data).toEqual({ b: 'hello b' })
    expect((await post(graph.gateway.url, { query, operationName: 'A' })).data).toEqual({ a: 'hello a' })
  })

  test('GraphiQL is a page that needs no other host', async () => {
    const response = await get('/')
    const html = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(html).toContain('YogaGraphiQL.renderYogaGraphiQL')
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/)
  })

  test('health tells liveness, readiness and what is known of subgraphs', async () => {
    expect(await (await get('/health/live')).json()).toEqual({ status: 'live' })
    const ready = await get('/health/ready')
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { status: 'ready', checks: { supergraph: true }, subgraphs: { people: { state: 'up' } } },
    ])
  })

  test('anything else is nowhere', async () => {
    expect((await get('/nope')).status).toBe(404)
  })
})

describe('pages of other origins', () => {
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    })

  test('may ask unless the config names who may', async () => {
    const answer = await preflight(graph.gateway.url, 'https://shop.example')
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization')
    expect(answer.headers.get('access-control-allow-headers')).toContain('consistency-token')
    expect(answer.headers.get('access-control-expose-headers')).toContain('consistency-token')
  })

  test('may not ask when others are named', async () => {
    const strict = await startGraph(sources, { config: { origins: ['https://shop.example'] } })
    try {
      const allowed = await preflight(strict.gateway.url, 'https://shop.example')
      expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example')
      const refused = await preflight(strict.gateway.url, 'https://evil.example')
      expect(refused.headers.get('access-control-allow-origin')).toBeNull()
      expect(refused.headers.get('access-control-allow-headers')).toBeNull()
    } finally {
      await strict.stop()
    }
  })
})

describe('a new supergraph', () => {
  const people = { name: 'people', url: 'http://127.0.0.1:1/graphql' }

  test('replaces the old one while the gateway runs', async () => {
    const other = await startGraph(sources, { config: { watchMs: 20 } })
    const { parse } = await import('graphql')
    const document = parse('type Query { fresh: String }')
    await writeFile(`${other.file}.new`, compose([{ ...people, document }]))
    await rename(`${other.file}.new`, other.file)
    let answer = await other.ask('{ fresh }')
    while (answer.status === 400) answer = await other.ask('{ fresh }')
    expect(answer.data).toEqual({ fresh: null })
    expect((await other.ask('{ me }')).status).toBe(400)
    await other.stop()
  })

  test.each([
    ['not GraphQL', 'type Query {'],
    ['not a supergraph', 'type Query { me: String }'],
    ['empty', ''],
  ])('that is %s is refused, and the old one stays', async (_what, text) => {
    const other = await startGraph(sources)
    await writeFile(other.file, text)
    expect(await other.gateway.reload()).toBe(false)
    expect((await other.ask('{ hello }')).data).toEqual({ hello: 'hello you' })
    await other.stop()
  })

  test('is not needed twice: a gateway starts while every subgraph is down', async () => {
    const other = await startGraph({}, { remote: [{ ...people, typeDefs: 'type Query { me: String }' }] })
    const { data, errors } = await other.ask('{ me }')
    expect({ data, code: errors?.[0].extensions.code }).toEqual({ data: { me: null }, code: 'SUBGRAPH_UNAVAILABLE' })
    expect((await fetch(`${other.gateway.url}/health/ready`)).status).toBe(200)
    await other.stop()
  })

  test('sends subgraph requests where the config says', async () => {
    const remote = [{ ...people, typeDefs: 'type Query { hello(name: String): String }' }]
    const other = await startGraph(
      {},
      { remote, config: { subgraphUrls: { people: graph.subgraphs.people?.url ?? '' } } },
    )
    expect((await other.ask('{ hello }')).data).toEqual({ hello: 'hello you' })
    await other.stop()
  })
})
