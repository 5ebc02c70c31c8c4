import { expect, it } from 'vitest'
import { pathKey, withAncestors } from './category.ts'

it('takes names for the same whatever their case and white space', () => {
  expect(pathKey([' Audio', 'Head  phones\n'])).toBe(pathKey(['audio', 'HEAD PHONES']))
  expect(pathKey(['a', 'b'])).not.toBe(pathKey(['a b']))
})

it('asks for each category once, written as it came first, parents before their children', () => {
  const levels = withAncestors([['B', 'C'], ['A'], ['a', 'D'], ['b', 'c']])
  expect(levels).toEqual([
    [['A'], ['B']],
    [
      ['a', 'D'],
      ['B', 'C'],
    ],
  ])
})
