import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { STALLED_AFTER_MS, watchAlive } from './alive.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a source is stalled until it is heard, and when it falls silent', () => {
  const story: string[] = []
  const watch = watchAlive(['catalog', 'inventory'], {
    stalled: (source) => story.push(`${source} is stalled`),
    flowing: (source) => story.push(`${source} is flowing`),
  })
  vi.advanceTimersByTime(10 * STALLED_AFTER_MS)
  expect(story).toEqual([])
  expect([...watch.stalled]).toEqual(['catalog', 'inventory'])

  watch.heard('catalog')
  vi.advanceTimersByTime(STALLED_AFTER_MS - 1)
  watch.heard('inventory')
  watch.heard('catalog')
  vi.advanceTimersByTime(STALLED_AFTER_MS - 1)
  watch.heard('catalog')
  expect(story.splice(0)).toEqual(['catalog is flowing', 'inventory is flowing'])

  vi.advanceTimersByTime(1)
  expect(story).toEqual(['inventory is stalled'])
  expect([...watch.stalled]).toEqual(['inventory'])
  watch.heard('inventory')
  expect(story).toEqual(['inventory is stalled', 'inventory is flowing'])

  watch.stop()
  vi.advanceTimersByTime(10 * STALLED_AFTER_MS)
  expect(story).toHaveLength(2)
})
