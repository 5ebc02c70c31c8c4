import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { merge } from './merge.ts'
import type { Data } from './own.ts'
import { typesOf } from './types.ts'

const types = typesOf(
  buildSchema('interface Node { id: ID! } type Book implements Node { id: ID! } type Query { a: Int }'),
)

function merged(target: Data, source: Data): Data {
  merge(types, target, source)
  return target
}

test.each([
  ['stays when another subgraph only knows the interface', 'Book', 'Node'],
  ['takes the place of the interface', 'Node', 'Book'],
])('the name of a concrete type %s', (_what, present, next) => {
  const target = { item: { __typename: present, id: '1' }, list: [{ __typename: present }] }
  const source = { item: { __typename: next, stars: 3 }, list: [{ __typename: next }] }
  expect(merged(target, source)).toEqual({
    item: { __typename: 'Book', id: '1', stars: 3 },
    list: [{ __typename: 'Book' }],
  })
})

test('null never replaces what another subgraph gave, and is replaced by it', () => {
  expect(merged({ a: 1, b: null, list: [1, null] }, { a: null, b: 2, list: [null, 2] })).toEqual({
    a: 1,
    b: 2,
    list: [1, 2],
  })
})
