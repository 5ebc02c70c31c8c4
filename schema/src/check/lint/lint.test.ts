import { expect, test } from 'vitest'
import { configOf, graphOf } from '../testing.ts'
import { lintFindings } from './lint.ts'

const root = '"Root." type Query { "A." a: Int }'

/** A subgraph's schema after, beside a root that is in order, and the rules that it does not keep as `rule coordinate`. */
const table: [string, string, string[]][] = [
  ['a type in small letters', '"T." type t_x { "A." a: Int }', ['naming t_x']],
  ['a field with an underscore', '"T." type T { "A." some_field: Int }', ['naming T.some_field']],
  ['an argument in capitals', '"T." type T { "A." a("X." Arg: Int): Int }', ['naming T.a(Arg:)']],
  ['an enum value in small letters', '"E." enum E { "A." red }', ['naming E.red']],
  ['no description', 'type T { a(x: Int): Int }', ['descriptions T', 'descriptions T.a', 'descriptions T.a(x:)']],
  ['an enum value without description', '"E." enum E { RED }', ['descriptions E.RED']],
  [
    'a field to another subgraph that is not nullable',
    '"T." type T { "P." p: P! } "P." type P @key(fields: "id", resolvable: false) { "I." id: ID! }',
    ['foreign-nullability T.p'],
  ],
  [
    'a list from another subgraph of what is not nullable',
    '"T." type T { "P." p: [P!] } "P." type P @key(fields: "id", resolvable: false) { "I." id: ID! }',
    ['foreign-nullability T.p'],
  ],
  [
    'a list from another subgraph',
    '"T." type T { "P." p: [P]! } "P." type P @key(fields: "id", resolvable: false) { "I." id: ID! }',
    [],
  ],
  ['a connection without its fields', '"T." type TConnection { "N." nodes: [Int] }', ['connections TConnection']],
  [
    'a field in pages without arguments',
    '"C." type TConnection { "N." nodes: [Int] "E." edges: [Int] "P." pageInfo: Int } "T." type T { "C." c("F." first: Int): TConnection }',
    ['connections T.c'],
  ],
  [
    'a mutation without input',
    '"M." type Mutation { "D." doIt: P } "P." type P { "E." userErrors: [Int!]! }',
    ['mutation-payloads Mutation.doIt'],
  ],
  [
    'a mutation without userErrors',
    '"M." type Mutation { "D." doIt("I." input: I!): P } "P." type P { "A." a: Int } "I." input I { "A." a: Int }',
    ['mutation-payloads Mutation.doIt'],
  ],
  [
    'a mutation with several outcomes',
    '"M." type Mutation { "D." doIt("I." input: I!): U } "P." type P { "A." a: Int } "I." input I { "A." a: Int } "U." union U = P',
    [],
  ],
  ['a price as a number', '"T." type T { "P." unitPrice: Float }', ['money T.unitPrice']],
  ['a count', '"T." type T { "P." totalCount: Int }', []],
]

test.each(table)('%s', (_, schema, expected) => {
  const findings = lintFindings(graphOf({ a: root }), graphOf({ a: `${root} ${schema}` }), [], configOf())
  expect(findings.map(({ rule, id }) => `${rule.slice(5)} ${id.split('/').at(-1)}`)).toEqual(expected)
})

test('only what changed is told of, and not what the baseline knows', () => {
  const before = graphOf({ a: `${root} type T { a_b: Int }` })
  expect(lintFindings(before, graphOf({ a: `${root} type T { a_b: Int }` }), [], configOf())).toEqual([])
  const after = graphOf({ a: `${root} type T { a_b: Int! }` })
  const ids = lintFindings(before, after, [], configOf()).map(({ id }) => id)
  expect(ids).toEqual(['lint/naming/a/T.a_b', 'lint/descriptions/a/T.a_b'])
  const known = ids.map((id, index) => ({ id, place: { file: 'lint-baseline.yaml', line: index + 1, column: 3 } }))
  expect(lintFindings(before, after, known, configOf())).toEqual([])
  const kept = lintFindings(before, graphOf({ a: root }), known, configOf())
  expect(kept.map(({ place }) => place)).toEqual(known.map(({ place }) => place))
  expect(kept.map(({ rule, outcome }) => [rule, outcome])).toEqual([
    ['lint/baseline', 'warn'],
    ['lint/baseline', 'warn'],
  ])
})
