import { expect, test } from 'vitest'
import { ndcg, recall, reciprocalRank } from './measures.ts'

const grades = new Map([
  ['a', 3],
  ['b', 2],
  ['c', 1],
])

test('the best order is worth one, another less, none of them nothing', () => {
  expect(ndcg(['a', 'b', 'c'], grades)).toBe(1)
  // By hand: (3/1 + 7/1.585 + 1/2) / (7/1 + 3/1.585 + 1/2)
  expect(ndcg(['b', 'a', 'c'], grades)).toBeCloseTo(0.843, 3)
  expect(ndcg(['x', 'y'], grades)).toBe(0)
})

test('only the first hits count', () => {
  expect(ndcg(['x', 'a'], grades, 1)).toBe(0)
  expect(recall(['x', 'a'], grades, 1)).toBe(0)
})

test('recall is about what was meant, as far as it fits', () => {
  const set = new Map(['a', 'b', 'c', 'd'].map((id) => [id, 3]))
  expect(recall(['a', 'x', 'b'], set)).toBe(0.5)
  expect(recall(['a', 'b'], set, 2)).toBe(1)
})

test('the reciprocal rank is that of the first hit that was meant', () => {
  expect(reciprocalRank(['b', 'a'], grades)).toBe(0.5)
  expect(reciprocalRank(['b'], grades)).toBe(0)
})
