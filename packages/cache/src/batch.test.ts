import { expect, test } from 'vitest'
import { createBatch } from './batch.ts'

test('what is asked for in the same moment is one fetch, and nothing is kept', async () => {
  const fetches: (readonly string[])[] = []
  const load = createBatch(async (keys) => {
    fetches.push(keys)
    return new Map(keys.filter((key) => key !== 'none').map((key) => [key, key.toUpperCase()]))
  })
  expect(await Promise.all(['a', 'b', 'a', 'none'].map(load))).toEqual(['A', 'B', 'A', null])
  expect(await load('a')).toBe('A')
  expect(fetches).toEqual([['a', 'b', 'none'], ['a']])
})
