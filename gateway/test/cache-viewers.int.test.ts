import fc from 'fast-check'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { caching, type SubgraphSource, startGraph, type TestGraph } from './graph.ts'
import { localFeed } from './shop.ts'

const secret = 'a secret of at least thirty-two characters'
interface Asker {
  headers: Record<string, string>
}
// Every field says who asked for it, as the subgraph knows it, and which state of the shop it shows.
const askerOf = ({ headers }: Asker): string => {
  if (!headers['x-viewer']) return 'nobody[]'
  const { id, scopes } = JSON.parse(Buffer.from(headers['x-viewer'], 'base64url').toString())
  return `${id}[${scopes}]`
}
const versions = new Map<string, number>()
let menuVersion = 1
const told = ({ sku }: { sku: string }, _: unknown, asker: Asker) => `${sku} ${versions.get(sku)} ${askerOf(asker)}`

const sources: Record<string, SubgraphSource> = {
  items: {
    typeDefs: `${caching}
      type Query {
        items(skus: [String!]!): [Item!]! @cacheTag(format: "item.changed.{$args.skus}") @cacheControl(maxAge: 60, scope: PUBLIC)
        mine: Mine @cacheTag(format: "item.changed") @cacheControl(maxAge: 60)
        menu: Mine @cacheTag(format: "item.changed") @cacheControl(maxAge: 60, scope: PUBLIC)
      }
      type Mine { text: String  hidden: String @cacheControl(scope: PRIVATE) }
      type Item @key(fields: "sku") @cacheTag(format: "item.changed.{$key.sku}") @cacheControl(maxAge: 60, scope: PUBLIC) {
        sku: String!
        open: String
        own: String @cacheControl(scope: PRIVATE)
        staff: String @requiresScopes(scopes: [["staff"]])
        detail: Detail
      }
      type Detail @cacheControl(scope: PRIVATE) { text: String }
    `,
    resolvers: {
      Query: {
        items: (_: unknown, { skus }: { skus: string[] }) => skus.map((sku) => ({ sku })),
        mine: () => ({}),
        menu: () => ({}),
      },
      Mine: {
        text: (_: unknown, _args: unknown, asker: Asker) => `menu ${menuVersion} ${askerOf(asker)}`,
        hidden: (_: unknown, _args: unknown, asker: Asker) => `menu ${menuVersion} ${askerOf(asker)}`,
      },
      Item: { open: told, own: told, staff: told, detail: ({ sku }: { sku: string }) => ({ sku }) },
      Detail: { text: told },
    },
  },
  prices: {
    typeDefs: `${caching}
      type Item @key(fields: "sku") @cacheTag(format: "item.changed.{$key.sku}") @cacheControl(maxAge: 60, scope: PUBLIC) {
        sku: String!
        price: String
        ownPrice: String @cacheControl(scope: PRIVATE)
        staffPrice: String @requiresScopes(scopes: [["staff"]])
      }
    `,
    resolvers: { Item: { price: told, ownPrice: told, staffPrice: told } },
  },
}

const feed = localFeed()
let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph(sources, { config: { tokens: { key: { secret }, issuer: null, audience: null } }, feed })
})
afterAll(() => graph.stop())

const privateFields = ['own', 'ownPrice', 'detail'] as const
const viewer = fc.option(
  fc.record({ id: fc.constantFrom('ann', 'bob', 'eve'), scopes: fc.constantFrom('', 'staff', 'orders') }),
  { nil: undefined },
)
const selection = fc.uniqueArray(
  fc.constantFrom('open', 'own', 'staff', 'price', 'ownPrice', 'staffPrice', 'detail { text }'),
  { minLength: 1, maxLength: 5 },
)
const asking = fc.record({
  kind: fc.constant('ask' as const),
  viewers: fc.uniqueArray(viewer, { minLength: 1, maxLength: 3, selector: (one) => JSON.stringify(one) }),
  selection,
  skus: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
  // The same fields behind a condition, so that one plan is asked for differently.
  conditional: fc.option(fc.boolean(), { nil: undefined }),
  root: fc.constantFrom('', 'mine { text }', 'menu { text }', 'menu { text hidden }'),
  method: fc.constantFrom('GET', 'POST'),
})
type Viewer = Asking['viewers'][number]
type Asking = typeof asking extends fc.Arbitrary<infer T> ? T : never
const change = fc.record({ kind: fc.constant('change' as const), sku: fc.constantFrom('a', 'b', 'c') })

const tokens = new Map<string, Promise<string>>()
function tokenOf({ id, scopes }: { id: string; scopes: string }): Promise<string> {
  const key = `${id} ${scopes}`
  let token = tokens.get(key)
  if (!token) {
    const claims = new SignJWT({ scope: scopes }).setProtectedHeader({ alg: 'HS256' }).setSubject(id)
    token = claims.sign(Buffer.from(secret))
    tokens.set(key, token)
  }
  return token
}

let counted = { answers: 0, private: 0 }

async function ask(viewer: Viewer, { selection, skus, conditional, root, method }: Asking): Promise<void> {
  const fields = selection.join(' ')
  const query = `query ($skus: [String!]!${conditional === undefined ? '' : ', $more: Boolean!'}) {
    items(skus: $skus) { sku ${conditional === undefined ? fields : `... @include(if: $more) { ${fields} }`} } ${root} }`
  const variables = { skus, ...(conditional !== undefined && { more: conditional }) }
  const headers = {
    'content-type': 'application/json',
    ...(viewer && { authorization: `Bearer ${await tokenOf(viewer)}` }),
  }
  const current = new Map(versions)
  const menu = menuVersion
  const url = `${graph.gateway.url}/graphql`
  const response =
    method === 'POST'
      ? await fetch(url, { method, headers, body: JSON.stringify({ query, variables }) })
      : await fetch(`${url}?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`, { headers })
  const answer = (await response.json()) as { data?: Record<string, unknown> }
  if (!answer.data) throw new Error(JSON.stringify(answer))
  const { data } = answer
  const me = viewer ? `${viewer.id}[${viewer.scopes}]` : 'nobody[]'
  const isMine = (text: string, state: string, isPrivate: boolean) => {
    counted.answers++
    if (isPrivate) counted.private++
    // What is public may have been asked for together with what is private: then for me.
    expect(isPrivate ? [`${state} ${me}`] : [`${state} ${me}`, `${state} nobody[]`]).toContain(text)
  }
  for (const item of data.items as Record<string, string | { text: string } | null>[]) {
    const state = `${item.sku} ${current.get(item.sku as string)}`
    for (const [name, value] of Object.entries(item)) {
      if (name === 'sku') continue
      if (name.startsWith('staff') && viewer?.scopes !== 'staff') expect(value).toBeNull()
      else if (name === 'detail') isMine((value as { text: string }).text, state, true)
      else isMine(value as string, state, privateFields.includes(name as 'own'))
    }
  }
  for (const [root, value] of Object.entries(data)) {
    if (root === 'items') continue
    for (const [name, text] of Object.entries(value as Record<string, string>))
      isMine(text, `menu ${menu}`, root === 'mine' || name === 'hidden')
  }
}

test('whoever asks, in whatever order and together with whom: nobody is shown what was asked for another, or is old', async () => {
  let version = 1
  const before = await hits()
  counted = { answers: 0, private: 0 }
  for (const sku of ['a', 'b', 'c']) versions.set(sku, version)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 6, arbitrary: fc.array(asking, { minLength: 1, maxLength: 4 }) }, change), {
        minLength: 5,
        maxLength: 25,
      }),
      async (steps) => {
        for (const step of steps) {
          if (Array.isArray(step)) {
            // Several times: at first everything is asked for, at last whole responses are kept.
            for (let time = 0; time < 3; time++) {
              await Promise.all(step.flatMap((asked) => asked.viewers.map((viewer) => ask(viewer, asked))))
            }
          } else {
            versions.set(step.sku, ++version)
            menuVersion = version
            feed.publish(`item.changed.${step.sku}`, version)
          }
        }
      },
    ),
    { numRuns: 40 },
  )
  expect(counted.private).toBeGreaterThan(1_000)
  expect((await hits()) - before).toBeGreaterThan(counted.answers / 50) // else it would be a test of nothing kept
}, 120_000)

async function hits(): Promise<number> {
  const text = await (await fetch(`${graph.gateway.url}/metrics`)).text()
  const found = [...text.matchAll(/^gateway_cache_requests_total\{[^}]*result="hit"\} (\d+)$/gm)]
  return found.reduce((sum, [, count]) => sum + Number(count), 0)
}
