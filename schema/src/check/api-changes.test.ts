// Long because each kind of change is one row.
import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { apiChanges } from './api-changes.ts'

const query = 'type Query { a: Int }'

/** Before, after, and every change as `criticality KIND coordinate`. */
const table: [string, string, string[]][] = [
  ['type Query { a: Int b: Int }', query, ['breaking FIELD_REMOVED Query.b']],
  [query, 'type Query { a: Int b: Int }', ['safe FIELD_ADDED Query.b']],
  [query, 'type Query { a: Int! }', ['safe FIELD_TYPE_CHANGED Query.a']],
  ['type Query { a: Int! }', query, ['breaking FIELD_TYPE_CHANGED Query.a']],
  ['type Query { a: [Int] }', 'type Query { a: [Int!]! }', ['safe FIELD_TYPE_CHANGED Query.a']],
  [query, 'type Query { a: String }', ['breaking FIELD_TYPE_CHANGED Query.a']],
  [query, 'type Query { "x" a: Int }', ['safe FIELD_DESCRIPTION_ADDED Query.a']],
  ['type Query { "x" a: Int }', query, ['safe FIELD_DESCRIPTION_REMOVED Query.a']],
  ['type Query { "x" a: Int }', 'type Query { "y" a: Int }', ['safe FIELD_DESCRIPTION_CHANGED Query.a']],
  [query, 'type Query { a: Int @deprecated(reason: "x") }', ['safe FIELD_DEPRECATION_ADDED Query.a']],
  ['type Query { a: Int @deprecated(reason: "x") }', query, ['safe FIELD_DEPRECATION_REMOVED Query.a']],
  [
    'type Query { a: Int @deprecated(reason: "x") }',
    'type Query { a: Int @deprecated(reason: "y") }',
    ['safe FIELD_DEPRECATION_REASON_CHANGED Query.a'],
  ],
  [
    'type Query { a: Int @deprecated }',
    'type Query { a: Int @deprecated(reason: "y") }',
    ['safe FIELD_DEPRECATION_REASON_ADDED Query.a'],
  ],
  [
    'type Query { a: Int @deprecated(reason: "y") }',
    'type Query { a: Int @deprecated }',
    ['safe FIELD_DEPRECATION_REASON_REMOVED Query.a'],
  ],
  // Arguments of fields.
  [query, 'type Query { a(x: Int): Int }', ['dangerous FIELD_ARGUMENT_ADDED Query.a(x:)']],
  [query, 'type Query { a(x: Int! = 1): Int }', ['dangerous FIELD_ARGUMENT_ADDED Query.a(x:)']],
  [query, 'type Query { a(x: Int!): Int }', ['breaking FIELD_ARGUMENT_ADDED Query.a(x:)']],
  ['type Query { a(x: Int): Int }', query, ['breaking FIELD_ARGUMENT_REMOVED Query.a(x:)']],
  ['type Query { a(x: Int!): Int }', 'type Query { a(x: Int): Int }', ['safe FIELD_ARGUMENT_TYPE_CHANGED Query.a(x:)']],
  [
    'type Query { a(x: Int): Int }',
    'type Query { a(x: Int!): Int }',
    ['breaking FIELD_ARGUMENT_TYPE_CHANGED Query.a(x:)'],
  ],
  [
    'type Query { a(x: Int = 1): Int }',
    'type Query { a(x: Int = 2): Int }',
    ['dangerous FIELD_ARGUMENT_DEFAULT_CHANGED Query.a(x:)'],
  ],
  [
    'type Query { a(x: Int! = 1): Int }',
    'type Query { a(x: Int!): Int }',
    ['breaking FIELD_ARGUMENT_DEFAULT_CHANGED Query.a(x:)'],
  ],
  [
    'type Query { a("x" x: Int): Int }',
    'type Query { a("y" x: Int): Int }',
    ['safe FIELD_ARGUMENT_DESCRIPTION_CHANGED Query.a(x:)'],
  ],
  // Inputs.
  ...(
    [
      ['x: Int', 'x: Int y: Int', ['safe INPUT_FIELD_ADDED I.y']],
      ['x: Int', 'x: Int y: Int = 1', ['dangerous INPUT_FIELD_ADDED I.y']],
      ['x: Int', 'x: Int y: Int!', ['breaking INPUT_FIELD_ADDED I.y']],
      ['x: Int y: Int', 'x: Int', ['breaking INPUT_FIELD_REMOVED I.y']],
      ['x: Int', 'x: Int!', ['breaking INPUT_FIELD_TYPE_CHANGED I.x']],
      ['x: Int!', 'x: Int', ['safe INPUT_FIELD_TYPE_CHANGED I.x']],
      ['x: Int = 1', 'x: Int = 2', ['dangerous INPUT_FIELD_DEFAULT_VALUE_CHANGED I.x']],
      ['x: Int! = 1', 'x: Int!', ['breaking INPUT_FIELD_DEFAULT_VALUE_CHANGED I.x']],
      ['x: Int', '"a" x: Int', ['safe INPUT_FIELD_DESCRIPTION_ADDED I.x']],
      ['"a" x: Int', 'x: Int', ['safe INPUT_FIELD_DESCRIPTION_REMOVED I.x']],
      ['"a" x: Int', '"b" x: Int', ['safe INPUT_FIELD_DESCRIPTION_CHANGED I.x']],
    ] as [string, string, string[]][]
  ).map(([before, after, changes]): [string, string, string[]] => [
    `type Query { a(i: I): Int } input I { ${before} }`,
    `type Query { a(i: I): Int } input I { ${after} }`,
    changes,
  ]),
  [
    `type Query { a(i: I): Int } input I { x: Int }`,
    `type Query { a(i: I): Int } input I @oneOf { x: Int }`,
    ['breaking INPUT_ONE_OF_ADDED I'],
  ],
  [
    `type Query { a(i: I): Int } input I @oneOf { x: Int }`,
    `type Query { a(i: I): Int } input I { x: Int }`,
    ['safe INPUT_ONE_OF_REMOVED I'],
  ],
  // Enums and unions.
  [`${query} enum E { A }`, `${query} enum E { A B }`, ['dangerous ENUM_VALUE_ADDED E.B']],
  [`${query} enum E { A B }`, `${query} enum E { A }`, ['breaking ENUM_VALUE_REMOVED E.B']],
  [`${query} enum E { A }`, `${query} enum E { "x" A }`, ['safe ENUM_VALUE_DESCRIPTION_CHANGED E.A']],
  [
    `${query} enum E { A }`,
    `${query} enum E { A @deprecated(reason: "x") }`,
    ['safe ENUM_VALUE_DEPRECATION_REASON_ADDED E.A'],
  ],
  [
    `${query} enum E { A @deprecated(reason: "x") }`,
    `${query} enum E { A }`,
    ['safe ENUM_VALUE_DEPRECATION_REASON_REMOVED E.A'],
  ],
  [
    `${query} enum E { A @deprecated(reason: "x") }`,
    `${query} enum E { A @deprecated(reason: "y") }`,
    ['safe ENUM_VALUE_DEPRECATION_REASON_CHANGED E.A'],
  ],
  ...(
    [
      ['A', 'A | B', ['dangerous UNION_MEMBER_ADDED U']],
      ['A | B', 'A', ['breaking UNION_MEMBER_REMOVED U']],
    ] as [string, string, string[]][]
  ).map(([before, after, changes]): [string, string, string[]] => {
    const types = `${query} type A { a: Int } type B { a: Int }`
    return [`${types} union U = ${before}`, `${types} union U = ${after}`, changes]
  }),
  // Types.
  [`${query} type T { a: Int }`, query, ['breaking TYPE_REMOVED T']],
  [query, `${query} scalar T`, ['safe TYPE_ADDED T']],
  [`${query} type T { a: Int }`, `${query} scalar T`, ['breaking TYPE_KIND_CHANGED T']],
  [`${query} scalar T`, `${query} "x" scalar T`, ['safe TYPE_DESCRIPTION_ADDED T']],
  [`${query} "x" scalar T`, `${query} scalar T`, ['safe TYPE_DESCRIPTION_REMOVED T']],
  [`${query} "x" scalar T`, `${query} "y" scalar T`, ['safe TYPE_DESCRIPTION_CHANGED T']],
  ...(
    [
      ['', ' implements N', ['dangerous OBJECT_TYPE_INTERFACE_ADDED T']],
      [' implements N', '', ['breaking OBJECT_TYPE_INTERFACE_REMOVED T']],
    ] as [string, string, string[]][]
  ).map(([before, after, changes]): [string, string, string[]] => {
    const types = `${query} interface N { a: Int }`
    return [`${types} type T${before} { a: Int }`, `${types} type T${after} { a: Int }`, changes]
  }),
  [
    `${query} interface N { a: Int }`,
    `${query} interface N { a: Int } type T implements N { a: Int }`,
    ['safe TYPE_ADDED T', 'dangerous OBJECT_TYPE_INTERFACE_ADDED T', 'safe FIELD_ADDED T.a'],
  ],
  // Roots.
  [
    `schema { query: Query } ${query} type Q { a: Int }`,
    `schema { query: Q } ${query} type Q { a: Int }`,
    ['breaking SCHEMA_QUERY_TYPE_CHANGED query:'],
  ],
  [
    `schema { query: Query } ${query} type M { a: Int }`,
    `schema { query: Query mutation: M } ${query} type M { a: Int }`,
    ['safe SCHEMA_MUTATION_TYPE_CHANGED mutation:'],
  ],
  [
    `schema { query: Query subscription: M } ${query} type M { a: Int }`,
    `schema { query: Query } ${query} type M { a: Int }`,
    ['breaking SCHEMA_SUBSCRIPTION_TYPE_CHANGED subscription:'],
  ],
  // Directives that clients write.
  [query, `${query} directive @d on FIELD`, ['safe DIRECTIVE_ADDED @d', 'safe DIRECTIVE_LOCATION_ADDED @d']],
  [`${query} directive @d on FIELD`, query, ['breaking DIRECTIVE_REMOVED @d']],
  ...(
    [
      ['@d on FIELD', '@d on FIELD | QUERY', ['safe DIRECTIVE_LOCATION_ADDED @d']],
      ['@d on FIELD | QUERY', '@d on FIELD', ['breaking DIRECTIVE_LOCATION_REMOVED @d']],
      ['@d on FIELD', '@d repeatable on FIELD', ['safe DIRECTIVE_REPEATABLE_ADDED @d']],
      ['@d repeatable on FIELD', '@d on FIELD', ['dangerous DIRECTIVE_REPEATABLE_REMOVED @d']],
      ['@d on FIELD', '@d(x: Int) on FIELD', ['safe DIRECTIVE_ARGUMENT_ADDED @d(x:)']],
      ['@d on FIELD', '@d(x: Int!) on FIELD', ['breaking DIRECTIVE_ARGUMENT_ADDED @d(x:)']],
      ['@d on FIELD', '@d(x: Int! = 1) on FIELD', ['dangerous DIRECTIVE_ARGUMENT_ADDED @d(x:)']],
      ['@d(x: Int) on FIELD', '@d on FIELD', ['breaking DIRECTIVE_ARGUMENT_REMOVED @d(x:)']],
      ['@d(x: Int) on FIELD', '@d(x: Int!) on FIELD', ['breaking DIRECTIVE_ARGUMENT_TYPE_CHANGED @d(x:)']],
      [
        '@d(x: Int = 1) on FIELD',
        '@d(x: Int = 2) on FIELD',
        ['dangerous DIRECTIVE_ARGUMENT_DEFAULT_VALUE_CHANGED @d(x:)'],
      ],
      [
        '@d(x: Int! = 1) on FIELD',
        '@d(x: Int!) on FIELD',
        ['breaking DIRECTIVE_ARGUMENT_DEFAULT_VALUE_CHANGED @d(x:)'],
      ],
      ['@d("a" x: Int) on FIELD', '@d("b" x: Int) on FIELD', ['safe DIRECTIVE_ARGUMENT_DESCRIPTION_CHANGED @d(x:)']],
    ] as [string, string, string[]][]
  ).map(([before, after, changes]): [string, string, string[]] => [
    `${query} directive ${before}`,
    `${query} directive ${after}`,
    changes,
  ]),
  [
    `${query} "a" directive @d on FIELD`,
    `${query} "b" directive @d on FIELD`,
    ['safe DIRECTIVE_DESCRIPTION_CHANGED @d'],
  ],
  [query, query, []],
]

test.each(table)('%s -> %s', async (before, after, expected) => {
  const changes = await apiChanges(buildSchema(before), buildSchema(after))
  expect(changes.map(({ criticality, kind, coordinate }) => `${criticality} ${kind} ${coordinate}`)).toEqual(expected)
})

test('the id of a change is the same in each run, and tells changes of one element apart', async () => {
  const id = async (type: string) => {
    const [change] = await apiChanges(buildSchema(query), buildSchema(`type Query { a: ${type} }`))
    return change?.id
  }
  expect(await id('String')).toBe(await id('String'))
  expect(await id('String')).toMatch(/^api\/FIELD_TYPE_CHANGED\/Query\.a#[0-9a-f]{8}$/)
  expect(await id('String')).not.toBe(await id('Boolean'))
})
