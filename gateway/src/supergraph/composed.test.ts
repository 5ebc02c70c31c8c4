import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { refuseOtherSchemas } from './composed.ts'

const spec = 'https://specs.apollo.dev'

test.each([
  ['a plain schema', 'type Query { a: Int }', 'a GraphQL schema without subgraphs'],
  [
    'a subgraph',
    `extend schema @link(url: "${spec}/federation/v2.12", import: ["@key"]) type Query { a: Int }`,
    'the schema of one subgraph',
  ],
  ['a subgraph without links', 'type Shelf @key(fields: "id") { id: ID! }', 'the schema of one subgraph'],
  [
    'a supergraph of Federation 1',
    `schema @core(feature: "${spec}/core/v0.2") @core(feature: "${spec}/join/v0.1", for: EXECUTION) { query: Query }`,
    'composed by Federation 1',
  ],
])('%s is refused by what it is', (_what, sdl, sentence) => {
  expect(() => refuseOtherSchemas(parse(sdl))).toThrow(sentence)
})

test('a supergraph of Federation 2 is not refused, whatever its version', () => {
  for (const version of ['v0.2', 'v0.5', 'v0.10']) {
    const sdl = `schema @link(url: "${spec}/link/v1.0") @link(url: "${spec}/join/${version}", for: EXECUTION) { query: Query }`
    expect(() => refuseOtherSchemas(parse(sdl))).not.toThrow()
  }
})
