import { buildASTSchema, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { costsOf } from './costs.ts'

const link = (imports: string) => `
  schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: [${imports}]) { query: Query mutation: Mutation }
  directive @link(url: String, import: [Import]) repeatable on SCHEMA
  scalar Import
`
const body = `
  type Query {
    one: Box
    many: [Box]
    dear: Box @cost(weight: 5)
    few: [Box] @listSize(assumedSize: 3)
    asked(first: Int = 4, last: Int): [Box] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
    strict(first: Int, last: Int): [Box] @listSize(slicingArguments: ["first", "last"])
    nested(page: Page): [Box] @listSize(assumedSize: 7, slicingArguments: ["page.size"], requireOneSlicingArgument: false)
    page(first: Int): Connection @listSize(slicingArguments: ["first"], sizedFields: ["nodes"], requireOneSlicingArgument: false)
    find(filter: Filter, label: String @cost(weight: 2), filters: [Filter]): Int
    any: Any
    mood: Mood
    stamp: Stamp
  }
  type Mutation { change: Box cheap: Int @cost(weight: 1) }
  type Connection { nodes: [Box] total: Int }
  type Box { name: String inner: Box heavy: Heavy list: [Box] }
  type Heavy @cost(weight: 20) { name: String box: Box }
  union Any = Box | Heavy
  enum Mood @cost(weight: 3) { GOOD }
  scalar Stamp @cost(weight: 4)
  input Page { size: Int }
  input Filter { text: String weighty: Int @cost(weight: 6) and: [Filter] }
`
const directives = `
  directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`
const costs = costsOf(buildASTSchema(parse(link('"@cost", "@listSize"') + directives + body)), {
  listSize: 10,
  mutation: 10,
})
const estimate = (text: string, variables = {}, name?: string) => costs.estimate(parse(text), name, variables)

describe('the estimated cost', () => {
  test.each([
    ['an object is 1, and scalars nothing', '{ one { name } }', 1],
    ['objects add up', '{ one { inner { name } } }', 2],
    ['introspection is nothing', '{ __typename __schema { types { name } } }', 0],
    ['a list is 10 times its element', '{ many { inner { name } } }', 20],
    ['lists multiply', '{ many { list { name } } }', 110],
    ['a weight of a field stands for that of its type', '{ dear { name } }', 5],
    ['a weight of a type', '{ one { heavy { name } } }', 21],
    ['a weight of an enum and of a scalar', '{ mood stamp }', 7],
    ['an assumed size', '{ few { name } }', 3],
    ['a default of a slicing argument', '{ asked { name } }', 4],
    ['a slicing argument', '{ asked(first: 50) { name } }', 50],
    ['the larger of two slicing arguments', '{ asked(first: 5, last: 8) { name } }', 8],
    ['a negative slicing argument is nothing', '{ asked(first: -5) { name } }', 0],
    ['a slicing argument in an input object', '{ nested(page: { size: 2 }) { name } }', 3],
    ['an assumed size where no argument is given', '{ nested { name } }', 7],
    ['a size of the lists inside', '{ page(first: 30) { nodes { name } total } }', 31],
    [
      'a size of the lists inside a fragment',
      '{ page(first: 30) { ...N } } fragment N on Connection { nodes { name } }',
      31,
    ],
    ['input objects and weights in them', '{ find(filter: { weighty: 1, and: [{ text: "a" }, { weighty: 2 }] }) }', 15],
    ['a weight of an argument, once per use', '{ find(label: "x") }', 2],
    ['a list of input objects', '{ find(filters: [{}, {}, {}]) }', 3],
    ['null is no argument', '{ find(filter: null, label: null) }', 0],
    [
      'the dearest of the types it may be',
      '{ any { ... on Box { inner { name } } ... on Heavy { box { name } } } }',
      21,
    ],
    ['a field that is left out is nothing', '{ one @skip(if: true) { name } many @include(if: false) { name } }', 0],
    ['a mutation weighs 10', 'mutation { change { name } }', 10],
    ['a mutation with a weight', 'mutation { cheap }', 1],
    ['what nobody knows is nothing', '{ nope { name } ... on Nope { a } ...Missing }', 0],
    ['names of prototypes are nothing', '{ constructor { name } toString __proto__ one { hasOwnProperty } }', 1],
  ])('%s', (_what, text, cost) => {
    expect(estimate(text)).toBe(cost)
  })

  test('takes slicing arguments from variables and their defaults', () => {
    const text = 'query ($n: Int = 6) { asked(first: $n) { name } }'
    expect([estimate(text), estimate(text, { n: 40 }), estimate(text, { n: null })]).toEqual([6, 40, 10])
  })

  test('is that of the operation which is asked for', () => {
    const text = 'query A { one { name } } query B { many { name } }'
    expect([estimate(text, {}, 'A'), estimate(text, {}, 'B'), estimate(text, {}, 'C'), estimate(text)]).toEqual([
      1, 10, 0, 0,
    ])
  })

  test.each(['{ strict { name } }', '{ strict(first: 1, last: 1) { name } }'])('is refused for %s', (text) => {
    expect(() => estimate(text)).toThrow('The field strict needs exactly one of the arguments first, last')
  })

  test('understands directives under other names, and a supergraph without them', () => {
    const names = body.replaceAll('@cost', '@price').replaceAll('@listSize', '@size')
    const renamed = costsOf(
      buildASTSchema(
        parse(
          link('{ name: "@cost", as: "@price" }, { name: "@listSize", as: "@size" }') +
            directives.replace('@cost', '@price').replace('@listSize', '@size') +
            names,
        ),
      ),
      { listSize: 10, mutation: 10 },
    )
    expect(renamed.estimate(parse('{ dear { name } few { name } }'), undefined, {})).toBe(8)
    const plain = costsOf(buildASTSchema(parse('type Query { many: [Box] } type Box { a: Int }')), {
      listSize: 2,
      mutation: 10,
    })
    expect(plain.estimate(parse('{ many { a } }'), undefined, {})).toBe(2)
  })
})
