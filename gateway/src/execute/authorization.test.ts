// Long because each rule about access is one test with a small supergraph of its own.
import { composeServices } from '@apollo/composition'
import { Supergraph } from '@apollo/federation-internals'
import type { Viewer } from '@commerce/service/viewer.ts'
import { getOperationAST, parse, print, validate } from 'graphql'
import { expect, test } from 'vitest'
import { supportedFeatures } from '../supergraph/features.ts'
import { authorize, refusalsOf } from './authorization.ts'
import { accessRulesOf } from './authorization-rules.ts'

const imports = [
  '@key',
  '@requires',
  '@external',
  '@shareable',
  '@interfaceObject',
  '@context',
  '@fromContext',
  '@inaccessible',
]
const directives = ['@authenticated', '@requiresScopes', '@policy']

function composed(subgraphs: Record<string, string>, named: readonly unknown[] = directives): string {
  const list = [...imports, ...named].map((one) => (typeof one === 'string' ? JSON.stringify(one) : one)).join()
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${list}])\n`
  const result = composeServices(
    Object.entries(subgraphs).map(([name, sdl]) => ({ name, url: `http://${name}`, typeDefs: parse(link + sdl) })),
  )
  if (result.errors) throw new Error(result.errors.map(({ message }) => message).join('\n'))
  return result.supergraphSdl
}

/** What is left of a query for a viewer, and where something was taken out. */
function shown(sdl: string, query: string, viewer: Viewer | null, conditions: Record<string, boolean> = {}) {
  const rules = accessRulesOf(parse(sdl))
  const api = Supergraph.build(sdl, { supportedFeatures }).apiSchema().toGraphQLJSSchema()
  const document = parse(query)
  expect(validate(api, document)).toEqual([])
  const definition = getOperationAST(document)
  if (!rules || !definition) throw new Error('Expected rules and an operation.')
  const authorization = authorize(document, definition, rules, api)
  if (!authorization) return 'nothing is protected'
  const decision = authorization.decide(viewer, new Set(viewer?.policies))
  if (decision === '') return 'everything'
  const { document: left, removed } = authorization.filtered(decision)
  if (left) expect(validate(api, left)).toEqual([])
  const paths = refusalsOf(removed, new Map(Object.entries(conditions))).map(({ path }) => path?.join('.'))
  return [left && print(left).replace(/\s+/g, ' '), ...paths]
}

const viewer = (scopes: string[] = [], policies: string[] = []): Viewer => ({ id: 'v', scopes, policies })

const shop = composed({
  a: `
    type Query { me: User @authenticated user: User users: [[User!]!]! product: Product secretEnum: Level pet: Pet }
    type User { id: ID! name: String email: String! @requiresScopes(scopes: [["read", "email"], ["admin"]]) card: Card note: String @policy(policies: [["mine", "paid"], ["staff"]]) friend: User }
    type Card @authenticated { number: String! }
    type Product @key(fields: "id") { id: ID! @authenticated name: String }
    enum Level @requiresScopes(scopes: [["levels"]]) { LOW HIGH }
    scalar Chip @authenticated
    type Pet { name: String chip: Chip }
    type Mutation @requiresScopes(scopes: [["write"]]) { rename: User }
    type Subscription { news: String @authenticated }
  `,
  b: `type Product @key(fields: "id") { id: ID! @authenticated inStock: Boolean }`,
})

test.each([
  ['a field', '{ user { name } me { name } }', null, ['{ user { name } }', 'me']],
  [
    'a field of an object in lists',
    '{ users { email } user { name } }',
    null,
    ['{ user { name } }', 'users.@.@.email'],
  ],
  ['an object type', '{ user { name card { number } } }', null, ['{ user { name } }', 'user.card']],
  ['an enum', '{ secretEnum user { name } }', viewer(), ['{ user { name } }', 'secretEnum']],
  ['a scalar', '{ pet { name chip } }', null, ['{ pet { name } }', 'pet.chip']],
  ['a root type', 'mutation { rename { name } }', viewer(['read']), [null, 'rename']],
  ['a subscription', 'subscription { news }', null, [null, 'news']],
  ['a key', '{ product { inStock id } }', null, ['{ product { inStock } }', 'product.id']],
])('takes out %s that the viewer may not read', (_what, query, who, expected) => {
  expect(shown(shop, query, who)).toEqual(expected)
})

test('leaves everything to who may read it, and says so of what nobody is kept from', () => {
  expect(shown(shop, '{ me { name card { number } } }', viewer())).toBe('everything')
  expect(shown(shop, '{ user { name friend { name } } __schema { types { name } } }', null)).toBe(
    'nothing is protected',
  )
})

test.each([
  [['read'], false],
  [['email'], false],
  [['read', 'email'], true],
  [['admin'], true],
  [['read email'], false],
])('scopes %j fulfil one of the lists as a whole: %s', (scopes, may) => {
  expect(shown(shop, '{ user { email } }', viewer(scopes)) === 'everything').toBe(may)
})

test.each([
  [['mine'], false],
  [['mine', 'paid'], true],
  [['staff'], true],
])('policies %j fulfil one of the lists as a whole: %s', (policies, may) => {
  expect(shown(shop, '{ user { note } }', viewer([], policies)) === 'everything').toBe(may)
})

test('an empty list of scopes demands nothing, as composition reads it', () => {
  const sdl = composed({
    a: `type Query { a: Int @requiresScopes(scopes: []) b: Int @requiresScopes(scopes: [[]]) c: Int @authenticated }`,
  })
  expect(shown(sdl, '{ a b c }', null)).toEqual(['{ a b }', 'c'])
})

test('a field without any field left is taken out with the operation around it', () => {
  expect(shown(shop, '{ user { friend { email } } }', null)).toEqual([null, 'user.friend.email'])
})

test('names the alias in the path, and a merged field once', () => {
  const query =
    '{ u: user { mail: email mail: email } user { name } ...F ...F } fragment F on Query { u: user { mail: email } }'
  expect(shown(shop, query, null)).toEqual(['{ user { name } }', 'u.mail'])
})

test('tells nothing of a field that its @skip or @include leaves out', () => {
  const query =
    'query ($a: Boolean!, $b: Boolean!) { user { name ... @include(if: $a) { email @skip(if: $b) } note @include(if: false) } }'
  const left = '{ user { name } }'
  expect(shown(shop, query, null, { a: true, b: false })).toEqual([left, 'user.email'])
  expect(shown(shop, query, null, { a: false, b: false })).toEqual([left])
  expect(shown(shop, query, null, { a: true, b: true })).toEqual([left])
})

test('variables that only removed fields use are gone', () => {
  const sdl = composed({ a: 'type Query { a(x: Int): Int @authenticated b(x: Int): Int }' })
  expect(shown(sdl, 'query ($x: Int, $y: Int) { a(x: $x) b(x: $y) }', null)).toEqual([
    'query ($y: Int) { b(x: $y) }',
    'a',
  ])
})

test('demands of several subgraphs add up', () => {
  const sdl = composed({
    a: 'type Query { x: Int @shareable @authenticated y: Int @shareable @requiresScopes(scopes: [["a"]]) }',
    b: 'type Query { x: Int @shareable @requiresScopes(scopes: [["s"]]) y: Int @shareable @requiresScopes(scopes: [["b"]]) }',
  })
  expect(shown(sdl, '{ x y }', viewer(['s', 'a']))).toEqual(['{ x }', 'y'])
  expect(shown(sdl, '{ x y }', viewer(['a', 'b']))).toEqual(['{ y }', 'x'])
  expect(shown(sdl, '{ x y }', viewer(['s', 'a', 'b']))).toBe('everything')
})

test('directives count under the names that the supergraph gives them', () => {
  const sdl = composed(
    { a: 'type Query { a: Int @login b: Int @scoped(scopes: [["s"]]) c: Int @may(policies: [["p"]]) d: Int }' },
    [
      '{name: "@authenticated", as: "@login"}',
      '{name: "@requiresScopes", as: "@scoped"}',
      '{name: "@policy", as: "@may"}',
    ].map((text) => ({ toString: () => text })),
  )
  expect(sdl).toContain('@login')
  expect(shown(sdl, '{ a b c d }', null)).toEqual(['{ d }', 'a', 'b', 'c'])
  const renamed = shop
    .replace(/(@link\(url: "https:\/\/specs.apollo.dev\/authenticated\/v0.1",)/, '$1 as: "only",')
    .replace(/@authenticated\b(?!\/)/g, '@only')
  expect(renamed).toContain('@only')
  expect(shown(renamed, '{ user { name } me { name } }', null)).toEqual(['{ user { name } }', 'me'])
})

const blog = composed({
  a: `
    type Query { posts: [Post!]! public: Public any: [Any] vaults: [Vault] }
    interface Post { id: ID! title: String notes: String }
    type Public implements Post { id: ID! title: String notes: String @requiresScopes(scopes: [["notes"]]) }
    type Private implements Post @authenticated { id: ID! title: String notes: String }
    union Any = Public | Private
    interface Vault { id: ID! }
    type Safe implements Vault @authenticated { id: ID! }
  `,
})

test('a field of an interface demands what any of its objects demands', () => {
  expect(shown(blog, '{ posts { title } }', null)).toEqual([null, 'posts.@.title'])
  expect(shown(blog, '{ posts { title notes } }', viewer())).toEqual(['{ posts { title } }', 'posts.@.notes'])
  expect(shown(blog, '{ posts { title notes } }', viewer(['notes']))).toBe('everything')
})

test('selected by type, each object demands its own', () => {
  const query = '{ posts { ... on Public { title } ... on Private { title } } }'
  expect(shown(blog, query, null)).toEqual(['{ posts { ... on Public { title } } }', 'posts.@.title'])
  const union = '{ any { ... on Post { ... on Private { id } } ... on Public { id } } }'
  expect(shown(blog, union, null)).toEqual(['{ any { ... on Public { id } } }', 'any.@.id'])
})

test('an interface around an object of one type demands what that type demands', () => {
  expect(shown(blog, '{ public { ... on Post { title } } posts { ... on Private { id } } }', null)).toEqual([
    '{ public { ... on Post { title } } }',
    'posts.@.id',
  ])
})

test('a name of a type is told where some object may be, and not of protected ones', () => {
  expect(shown(blog, '{ posts { __typename ... on Private { __typename } } }', null)).toEqual([
    '{ posts { __typename } }',
    'posts.@.__typename',
  ])
  expect(shown(blog, '{ vaults { __typename } }', null)).toEqual([null, 'vaults'])
})

/** Compositions before 2.9.4 let a schema protect an interface itself. */
const byHand = blog
  .replace('interface Vault\n  @join__type(graph: A)\n  @authenticated\n', 'interface Vault\n  @join__type(graph: A)\n')
  .replace(
    'interface Post\n  @join__type(graph: A)\n',
    'interface Post\n  @join__type(graph: A)\n  @policy(policies: [["read"]])\n',
  )
  .replace('schema\n', 'schema @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)\n')
  .concat(
    'directive @policy(policies: [[policy__Policy!]!]!) on INTERFACE | OBJECT | FIELD_DEFINITION\nscalar policy__Policy\n',
  )

test('a field that an interface itself protects is protected on every object', () => {
  const field =
    'interface Post\n  @join__type(graph: A)\n  @policy(policies: [["read"]])\n  @authenticated\n{\n  id: ID!\n  title: String'
  expect(byHand).toContain(field)
  const titled = byHand.replace(
    field,
    `${field.replace('\n  @policy(policies: [["read"]])', '')} @policy(policies: [["read"]])`,
  )
  expect(shown(titled, '{ public { id title } }', viewer())).toEqual(['{ public { id } }', 'public.title'])
})

test('who goes round a protected interface with a fragment does not go round its demands', () => {
  expect(shown(byHand, '{ posts { ... on Public { title } } public { title } }', viewer())).toEqual([
    null,
    'posts',
    'public',
  ])
  expect(shown(byHand, '{ posts { ... on Public { title } } }', viewer([], ['read']))).toBe('everything')
})

test('fields of an interface object protect the field on every object', () => {
  const sdl = composed({
    a: 'type Query { media: [Media] book: Book } interface Media @key(fields: "id") { id: ID! } type Book implements Media @key(fields: "id") { id: ID! }',
    b: 'type Media @interfaceObject @key(fields: "id") { id: ID! reviews: Int @authenticated }',
  })
  expect(shown(sdl, '{ media { id reviews } book { id reviews } }', null)).toEqual([
    '{ media { id } book { id } }',
    'media.@.reviews',
    'book.reviews',
  ])
})

test('a field demands what the fields that it is computed from demand', () => {
  const sdl = composed({
    a: 'type Query { user: User } type User @key(fields: "id") { id: ID! name: String salary: Salary @authenticated } type Salary { amount: Int @shareable }',
    b: 'type User @key(fields: "id") { id: ID! salary: Salary @external bonus: Int @authenticated @requires(fields: "salary { amount }") } type Salary { amount: Int @shareable }',
    c: 'type User @key(fields: "id") { id: ID! bonus: Int @external taxes: Int @authenticated @requires(fields: "bonus") }',
  })
  // Compositions before 2.9.4 do not insist that the demand is repeated.
  const silent = sdl.replace(/(bonus|taxes): Int( @join[^@]*?)+ @authenticated/g, (text) =>
    text.replace(' @authenticated', ''),
  )
  expect(silent.match(/@authenticated$/gm) ?? []).toHaveLength((sdl.match(/@authenticated$/gm) ?? []).length - 2)
  expect(shown(silent, '{ user { name bonus taxes } }', null)).toEqual([
    '{ user { name } }',
    'user.bonus',
    'user.taxes',
  ])
})

test('a field demands what the context that it is given demands', () => {
  const sdl = composed({
    a: 'type Query { t: T! } type T @key(fields: "id") @context(name: "c") { id: ID! u: U! prop: String @authenticated } type U @key(fields: "id") { id: ID! field(a: String @fromContext(field: "$c { prop }")): Int @authenticated }',
    b: 'type Query { a: Int } type U @key(fields: "id") { id: ID! }',
  })
  const silent = sdl.replace(/(contextArguments: .*\)) @authenticated/, '$1')
  expect(silent).not.toBe(sdl)
  expect(shown(silent, '{ t { id u { field } } }', null)).toEqual(['{ t { id } }', 't.u.field'])
})

test('a supergraph without rules costs nothing', () => {
  expect(accessRulesOf(parse(composed({ a: 'type Query { a: Int }' })))).toBeUndefined()
})

test('rules that cannot be read are an error, not a gap', () => {
  const broken = shop.replace('scopes: [["levels"]]', 'scopes: [[7]]')
  expect(() => accessRulesOf(parse(broken))).toThrow('@requiresScopes expects "scopes" to be lists of names')
})
