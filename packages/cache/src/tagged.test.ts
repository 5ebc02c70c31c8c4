import { beforeEach, expect, test } from 'vitest'
import { type Coherence, createCoherence, type FollowedFeed } from './coherence.ts'
import { createTaggedCache, type Keeping, type TaggedCache } from './tagged.ts'

let time: number
let listener: Parameters<FollowedFeed['subscribe']>[0]
let coherence: Coherence
let cache: TaggedCache<string>

beforeEach(() => {
  time = 0
  coherence = createCoherence()
  coherence.follow({
    current: true,
    sources: ['price', 'stock', 'catalog', 'inventory', 'x'],
    subscribe(one) {
      listener = one
      return () => {}
    },
  })
  cache = createTaggedCache(coherence, 10_000, () => time)
})

function keep(key: string, tags: string[], more: Partial<Keeping> = {}): boolean {
  return cache.set(key, `value of ${key}`, { tags, begun: cache.generation, bytes: 100, ttlMs: 1_000, ...more })
}

test('an event drops what depends on its entity, and what depends on all events of its type', () => {
  keep('page', ['price.changed.a', 'price.changed.b'])
  keep('list', ['price.changed'])
  keep('other', ['price.changed.c', 'stock.changed'])
  coherence.raise('price.changed.b', 1)
  expect(['page', 'list', 'other'].map(cache.get)).toEqual([undefined, undefined, 'value of other'])
  expect(cache.counts.dropped).toBe(2)
})

test('what was asked for before a change was heard is not kept after it', () => {
  const begun = cache.generation
  coherence.raise('price.changed.a', 2)
  expect(keep('a', ['price.changed.a'], { begun })).toBe(false)
  expect(keep('list', ['price.changed'], { begun })).toBe(false)
  expect(keep('b', ['price.changed.b'], { begun })).toBe(true)
  expect(keep('a', ['price.changed.a'])).toBe(true)
  expect(cache.counts.refused).toBe(2)
})

test('a version that is known already changes nothing', () => {
  coherence.raise('price.changed.a', 2)
  keep('a', ['price.changed.a'])
  coherence.raise('price.changed.a', 2)
  expect(cache.get('a')).toBe('value of a')
})

test('nothing is served or kept while events may be missing; afterwards only if all of them came', () => {
  keep('a', ['price.changed.a'])
  keep('b', ['price.changed.b'])
  listener.lost()
  expect(cache.get('a')).toBeUndefined()
  expect(keep('c', ['price.changed.c'])).toBe(false)
  listener.event({ subject: 'price.changed.a', data: { version: 2 } })
  listener.recovered(true)
  expect(['a', 'b'].map(cache.get)).toEqual([undefined, 'value of b'])
  const begun = cache.generation
  listener.lost()
  listener.recovered(false)
  expect(cache.get('b')).toBeUndefined()
  expect(keep('b', ['price.changed.b'], { begun })).toBe(false)
})

test('of a source that is stalled nothing is served or kept until its changes arrive again', () => {
  keep('price', ['catalog.price.changed.a'])
  keep('stock', ['inventory.stock.changed.a'])
  keep('both', ['catalog.price.changed.b', 'inventory.stock.changed.b'])
  const begun = cache.generation
  listener.stalled('inventory')
  expect(['price', 'stock', 'both'].map(cache.get)).toEqual(['value of price', undefined, undefined])
  expect(keep('stock', ['inventory.stock.changed.a'])).toBe(false)
  expect(keep('other', ['catalog.price.changed.c'])).toBe(true)
  const meanwhile = cache.generation
  listener.flowing('inventory')
  expect(keep('stock', ['inventory.stock.changed.a'], { begun })).toBe(false)
  expect(keep('stock', ['inventory.stock.changed.a'], { begun: meanwhile })).toBe(false)
  expect(keep('stock', ['inventory.stock.changed.a'])).toBe(true)
  expect(cache.get('price')).toBe('value of price')
})

test('a change that had to be forgotten counts for everything that was asked for before', () => {
  const begun = cache.generation
  for (let i = 0; i < 200_001; i++) coherence.raise(`price.changed.${i}`, 1)
  expect(keep('never mentioned', ['stock.changed.x'], { begun })).toBe(false)
  expect(keep('never mentioned', ['stock.changed.x'])).toBe(true)
})

test('leaves after its longest time, and when others need its bytes', () => {
  keep('a', ['x.y'])
  time = 999
  expect(cache.get('a')).toBe('value of a')
  time = 1_000
  expect(cache.get('a')).toBeUndefined()
  for (const key of ['b', 'c', 'd']) keep(key, ['x.y'], { bytes: 4_000 })
  expect(['b', 'c', 'd'].map(cache.get)).toEqual([undefined, 'value of c', 'value of d'])
  expect(cache.counts.evicted).toBe(1)
  expect(cache.size().bytes).toBeLessThanOrEqual(10_000)
  expect(keep('large', ['x.y'], { bytes: 10_000 })).toBe(false)
})

test('what nobody would hear of is not kept', () => {
  expect(keep('review', ['review.changed.a'])).toBe(false)
  expect(keep('both', ['price.changed.a', 'review.changed.a'])).toBe(false)
  expect(keep('price', ['price.changed.a'])).toBe(true)
})
