// Long because each hazard is one row.
import { expect, test } from 'vitest'
import { graphOf } from '../testing.ts'
import { federationHazards } from './hazards.ts'

const a = 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }'
const b = 'type T @key(fields: "id") { id: ID! y: Int }'
const eventSource = `extend schema @link(url: "https://specs.commerce.example/eventSource/v0.1", import: ["@eventSource"])
  @composeDirective(name: "@eventSource")
  directive @eventSource(subject: String!) on FIELD_DEFINITION type Query { q: Int }`
const cacheControl = `extend schema @link(url: "https://specs.commerce.example/cc/v0.1", import: ["@cacheControl"])
  @composeDirective(name: "@cacheControl") enum S { PUBLIC PRIVATE } directive @cacheControl(scope: S) on FIELD_DEFINITION `

type Schemas = Record<string, string>

/** What is done, the schemas before and after, and every hazard as `criticality KIND coordinate subgraph`. */
const table: [string, Schemas, Schemas, string[]][] = [
  ['nothing', { a, b }, { a, b }, []],
  [
    'a key is removed',
    { a, b: 'type T @key(fields: "id") @key(fields: "k") { id: ID! k: ID! y: Int }' },
    { a, b: 'type T @key(fields: "id") { id: ID! k: ID! y: Int }' },
    ['breaking KEY_REMOVED T b'],
  ],
  [
    'a key is another',
    { a: 'type Query { t: T } type T @key(fields: "id") @key(fields: "k") { id: ID! k: ID! }', b },
    {
      a: 'type Query { t: T } type T @key(fields: "id") @key(fields: "k") { id: ID! k: ID! }',
      b: 'type T @key(fields: "k") { k: ID! y: Int }',
    },
    ['breaking KEY_CHANGED T b', 'dangerous FIELD_LEFT_SUBGRAPH T.id b'],
  ],
  ['a key is written with other spaces', { a, b }, { a, b: b.replace('"id"', '" id "') }, []],
  [
    'a key that only led elsewhere is removed',
    { a, b: 'type Query { u: T } type T @key(fields: "id", resolvable: false) { id: ID! }' },
    { a, b: 'type Query { u: Int }' },
    ['dangerous KEY_REMOVED T a', 'dangerous FIELD_LEFT_SUBGRAPH T.id a'],
  ],
  [
    'a key is not resolvable any more',
    { a, b: 'type Query { u: T } type T @key(fields: "id") { id: ID! }' },
    { a, b: 'type Query { u: T } type T @key(fields: "id", resolvable: false) { id: ID! }' },
    ['breaking KEY_NOT_RESOLVABLE T b'],
  ],
  [
    'a field moves without @override',
    { a, b },
    { a: a.replace(' x: Int', ''), b: b.replace('y: Int', 'y: Int x: Int') },
    ['breaking FIELD_MOVED T.x b'],
  ],
  [
    'a field moves with @override',
    { a, b },
    { a, b: b.replace('y: Int', 'y: Int x: Int @override(from: "a")') },
    ['dangerous FIELD_MOVED_WITH_OVERRIDE T.x b'],
  ],
  [
    'a field begins to move',
    { a, b },
    { a, b: b.replace('y: Int', 'y: Int x: Int @override(from: "a", label: "percent(5)")') },
    ['safe FIELD_MOVED_PROGRESSIVELY T.x b'],
  ],
  [
    'more of a field moves',
    { a, b: b.replace('y: Int', 'y: Int x: Int @override(from: "a", label: "percent(5)")') },
    { a, b: b.replace('y: Int', 'y: Int x: Int @override(from: "a", label: "percent(50)")') },
    ['dangerous OVERRIDE_LABEL_CHANGED T.x b'],
  ],
  [
    'one of two subgraphs stops resolving a field',
    { a: a.replace('x: Int', 'x: Int @shareable'), b: b.replace('y: Int', 'y: Int x: Int @shareable') },
    { a: a.replace('x: Int', 'x: Int @shareable'), b },
    ['dangerous FIELD_LEFT_SUBGRAPH T.x b'],
  ],
  [
    '@shareable is dropped',
    { a: a.replace('x: Int', 'x: Int @shareable'), b },
    { a, b },
    ['dangerous SHAREABLE_DROPPED T.x a'],
  ],
  [
    '@shareable moves from a type to its fields',
    { a: 'type Query { t: T } type T @shareable { x: Int }' },
    { a: 'type Query { t: T } type T { x: Int @shareable }' },
    [],
  ],
  [
    '@inaccessible is added',
    { a, b },
    { a, b: b.replace('y: Int', 'y: Int @inaccessible') },
    ['breaking INACCESSIBLE_ADDED T.y b'],
  ],
  [
    '@inaccessible is taken away',
    { a, b: b.replace('y: Int', 'y: Int @inaccessible') },
    { a, b },
    ['dangerous INACCESSIBLE_REMOVED T.y b'],
  ],
  ['@tag is added', { a, b }, { a, b: b.replace('y: Int', 'y: Int @tag(name: "x")') }, ['dangerous TAG_ADDED T.y b']],
  [
    '@tag is taken away',
    { a, b: b.replace('y: Int', 'y: Int @tag(name: "x")') },
    { a, b },
    ['dangerous TAG_REMOVED T.y b'],
  ],
  [
    '@requires is edited',
    { a, b: b.replace('y: Int', 'x: Int @external z: Int y: Int @requires(fields: "x")') },
    { a, b: b.replace('y: Int', 'z: Int y: Int') },
    ['dangerous REQUIRES_CHANGED T.y b'],
  ],
  [
    '@provides is edited',
    {
      a: a.replace('x: Int', 'x: Int @shareable'),
      b: `type Query { p: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @external y: Int }`,
    },
    {
      a: a.replace('x: Int', 'x: Int @shareable'),
      b: `type Query { p: T } type T @key(fields: "id") { id: ID! y: Int }`,
    },
    ['dangerous PROVIDES_CHANGED Query.p b'],
  ],
  [
    'an input field is lost by intersection',
    {
      a: `${a} input I { x: Int y: Int } extend type Query { i(i: I): Int }`,
      b: `${b} input I { x: Int y: Int } type Query { j(i: I): Int }`,
    },
    {
      a: `${a} input I { x: Int y: Int } extend type Query { i(i: I): Int }`,
      b: `${b} input I { x: Int } type Query { j(i: I): Int }`,
    },
    ['breaking INPUT_LOST_BY_INTERSECTION I.y b'],
  ],
  [
    'an argument is lost by intersection',
    { a: 'type Query { i(x: Int): Int @shareable }', b: 'type Query { i(x: Int): Int @shareable }' },
    { a: 'type Query { i(x: Int): Int @shareable }', b: 'type Query { i: Int @shareable }' },
    ['breaking INPUT_LOST_BY_INTERSECTION Query.i(x:) b'],
  ],
  [
    'a directive of clients is lost because one subgraph omits it',
    { a: `${a} directive @d on FIELD`, b: `${b} directive @d on FIELD` },
    { a: `${a} directive @d on FIELD`, b },
    ['breaking DIRECTIVE_LOST_BY_INTERSECTION @d a'],
  ],
  [
    'one subgraph omits a directive that another still says',
    {
      a: 'type Query { i: Int @shareable @deprecated(reason: "x") }',
      b: 'type Query { i: Int @shareable @deprecated(reason: "x") }',
    },
    { a: 'type Query { i: Int @shareable @deprecated(reason: "x") }', b: 'type Query { i: Int @shareable }' },
    ['dangerous DIRECTIVE_OMITTED Query.i b'],
  ],
  [
    '@authenticated is taken away',
    { a, b: b.replace('y: Int', 'y: Int @authenticated') },
    { a, b },
    ['breaking AUTH_LOOSENED T.y b'],
  ],
  [
    '@authenticated is added',
    { a, b },
    { a, b: b.replace('y: Int', 'y: Int @authenticated') },
    ['dangerous AUTH_TIGHTENED T.y b'],
  ],
  [
    'one scope of two is enough now',
    { a, b: b.replace('y: Int', 'y: Int @requiresScopes(scopes: [["r", "s"]])') },
    { a, b: b.replace('y: Int', 'y: Int @requiresScopes(scopes: [["r"]])') },
    ['breaking AUTH_LOOSENED T.y b'],
  ],
  [
    'another way in is closed',
    { a, b: b.replace('y: Int', 'y: Int @requiresScopes(scopes: [["r"], ["s"]])') },
    { a, b: b.replace('y: Int', 'y: Int @requiresScopes(scopes: [["r"]])') },
    ['dangerous AUTH_TIGHTENED T.y b'],
  ],
  [
    'a scope becomes another one',
    { a, b: b.replace('y: Int', 'y: Int @requiresScopes(scopes: [["r"]])') },
    { a, b: b.replace('y: Int', 'y: Int @requiresScopes(scopes: [["s"]])') },
    ['breaking AUTH_LOOSENED T.y b', 'dangerous AUTH_TIGHTENED T.y b'],
  ],
  [
    'a policy is taken away',
    { a, b: b.replace('y: Int', 'y: Int @policy(policies: [["p"]])') },
    { a, b },
    ['breaking AUTH_LOOSENED T.y b'],
  ],
  [
    'a cache tag is taken away',
    { a: a.replace('t: T', 't: T @cacheTag(format: "t.changed")') },
    { a },
    ['breaking CACHE_TAG_REMOVED Query.t a'],
  ],
  [
    'an event source is taken away',
    { a: `${eventSource} type Subscription { s: Int @eventSource(subject: "x") }` },
    { a: `${eventSource} type Subscription { s: Int }` },
    ['breaking EVENT_SOURCE_REMOVED Subscription.s a'],
  ],
  [
    'an event source is another',
    { a: `${eventSource} type Subscription { s: Int @eventSource(subject: "x") }` },
    { a: `${eventSource} type Subscription { s: Int @eventSource(subject: "y") }` },
    ['dangerous EVENT_SOURCE_CHANGED Subscription.s a'],
  ],
  [
    'answers are shared',
    { a: `${cacheControl} type Query { q: Int @cacheControl(scope: PRIVATE) }` },
    { a: `${cacheControl} type Query { q: Int @cacheControl(scope: PUBLIC) }` },
    ['dangerous CACHE_SHARED Query.q a'],
  ],
]

test.each(table)('%s', (_, before, after, expected) => {
  const hazards = federationHazards(graphOf(before), graphOf(after))
  const told = hazards.map(({ criticality, kind, coordinate, place }) => [
    criticality,
    kind,
    coordinate,
    place?.subgraph,
  ])
  expect(told.map((parts) => parts.join(' '))).toEqual(expected)
})
