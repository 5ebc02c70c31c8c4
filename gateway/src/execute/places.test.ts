import { expect, test } from 'vitest'
import type { Data } from './own.ts'
import { collect, placesOf } from './places.ts'

const author = (city: string) => ({ id: 'a', name: 'Ann', homes: [{ city }, null], more: [[1]] })

test('objects that are equal to the last nested value become one, at all their places', () => {
  const root: Data = { list: [author('Rome'), { by: 1 }, [author('Rome')]] }
  const found = collect(root, ['list', '@'], 'id')
  expect(JSON.stringify(found)).toBe(JSON.stringify([author('Rome'), { by: 1 }]))
  expect(placesOf(root, ['list', '@'], found)).toEqual([
    [
      ['list', 0],
      ['list', 2, 0],
    ],
    [['list', 1]],
  ])
})

test.each([
  ['another nested value', author('Bonn')],
  ['a longer list', { ...author('Rome'), homes: [{ city: 'Rome' }, null, null] }],
  ['an object in place of a list', { ...author('Rome'), more: { 0: [1], length: 1 } }],
  ['a field more', { ...author('Rome'), age: 1 }],
  ['null in place of an object', { ...author('Rome'), homes: [null, null] }],
])('objects with %s stay two', (_what, other) => {
  for (const list of [
    [author('Rome'), other],
    [other, author('Rome')],
  ])
    expect(collect({ list }, ['list', '@'], 'id')).toHaveLength(2)
})

test('what is below one object at several places is found once', () => {
  const root: Data = { list: Array.from({ length: 3 }, () => ({ id: 'a', below: [{ id: 'b' }, { id: 'c' }] })) }
  collect(root, ['list', '@'], 'id')
  expect(collect(root, ['list', '@', 'below', '@'], 'id')).toEqual([{ id: 'b' }, { id: 'c' }])
})
