// Long because each race of a loader is one test over the same truth.
import { beforeEach, expect, test } from 'vitest'
import { type Coherence, createCoherence, type FollowedFeed } from './coherence.ts'
import { createLoader, type Loader } from './loader.ts'

interface Stock {
  sku: string
  version: number
}

// A source of truth whose reads can be held open, so that each race happens exactly where a test wants it.
let truth: Map<string, number>
let reads: string[][]
let gate: Promise<void>
let feed: ReturnType<typeof createFeed>
let coherence: Coherence
let loader: Loader<string, Stock>

beforeEach(() => {
  truth = new Map([['a', 1]])
  reads = []
  gate = Promise.resolve()
  feed = createFeed()
  coherence = createCoherence()
  coherence.follow(feed)
  loader = createLoader<string, Stock>({
    coherence,
    async fetch(skus) {
      reads.push([...skus])
      const snapshot = skus.map((sku) => truth.get(sku)) // a statement sees what was committed when it began
      await gate
      return snapshot.map((version, i) => (version === undefined ? null : { sku: skus[i] ?? '', version }))
    },
    subjectOf: (sku) => `stock.${sku}`,
    versionOf: ({ version }) => version,
    max: 3,
  })
})

function createFeed() {
  const listeners = new Set<Parameters<FollowedFeed['subscribe']>[0]>()
  return {
    sources: ['stock'],
    current: true,
    subscribe(listener: Parameters<FollowedFeed['subscribe']>[0]) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    event(subject: string, version: number) {
      for (const listener of listeners) listener.event({ subject, data: { version } })
    },
    lost() {
      for (const listener of listeners) listener.lost()
    },
    recovered(complete: boolean) {
      for (const listener of listeners) listener.recovered(complete)
    },
    stalled(source: string) {
      for (const listener of listeners) listener.stalled(source)
    },
    flowing(source: string) {
      for (const listener of listeners) listener.flowing(source)
    },
  }
}

/** Holds the next reads open until the returned function is called. */
function holdReads(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  gate = promise
  return resolve
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('reads a key once and serves it from then on', async () => {
  expect(await loader.load('a')).toEqual({ sku: 'a', version: 1 })
  expect(await loader.load('a')).toEqual({ sku: 'a', version: 1 })
  expect(reads).toEqual([['a']])
})

test('reads the keys of one moment together, each once', async () => {
  await loader.loadMany(['a', 'b', 'a', 'c'])
  expect(reads).toEqual([['a', 'b', 'c']])
})

test('an event drops what it makes stale', async () => {
  await loader.load('a')
  truth.set('a', 2)
  feed.event('stock.a', 2)
  expect(await loader.load('a')).toMatchObject({ version: 2 })
})

test('an event that the cached value already holds drops nothing', async () => {
  truth.set('a', 2)
  await loader.load('a')
  feed.event('stock.a', 2)
  await loader.load('a')
  expect(reads).toHaveLength(1)
})

test('a read that began before an event is not kept after it', async () => {
  const release = holdReads()
  const early = loader.load('a')
  await tick() // the read has begun and has seen version 1
  truth.set('a', 2)
  feed.event('stock.a', 2)
  release()
  expect(await early).toMatchObject({ version: 1 }) // asked before the change: either answer is right
  expect(await loader.load('a')).toMatchObject({ version: 2 })
})

test('who asks after an event does not join a read that began before it', async () => {
  const release = holdReads()
  const early = loader.load('a')
  await tick()
  truth.set('a', 2)
  feed.event('stock.a', 2)
  const late = loader.load('a')
  release()
  expect(await early).toMatchObject({ version: 1 })
  expect(await late).toMatchObject({ version: 2 })
})

test('a read below a floor that was raised ahead of the database is not kept', async () => {
  coherence.raise('stock.a', 5) // the gateway has seen version 5, this database has not
  expect(await loader.load('a')).toMatchObject({ version: 1 })
  expect(loader.stats.refused).toBe(1)
  truth.set('a', 5)
  expect(await loader.load('a')).toMatchObject({ version: 5 })
})

test('that a key does not exist is remembered until it does', async () => {
  expect(await loader.load('new')).toBeNull()
  expect(await loader.load('new')).toBeNull()
  expect(reads).toHaveLength(1)
  truth.set('new', 1)
  feed.event('stock.new', 1)
  expect(await loader.load('new')).toMatchObject({ version: 1 })
})

test('while events may be missing every load reads, and nothing is kept', async () => {
  await loader.load('a')
  feed.lost()
  truth.set('a', 2)
  expect(await loader.load('a')).toMatchObject({ version: 2 })
  truth.set('a', 3)
  expect(await loader.load('a')).toMatchObject({ version: 3 })
})

test('who has heard more than this process reads, and keeps nothing, until it has caught up; others are served', async () => {
  await loader.load('a')
  truth.set('a', 2)
  let caughtUp = false
  const ahead = () =>
    coherence.onceCaughtUp(
      () => caughtUp,
      () => loader.load('a'),
    )
  expect(await ahead()).toMatchObject({ version: 2 })
  expect(await loader.load('a')).toMatchObject({ version: 1 })
  feed.event('stock.a', 2)
  caughtUp = true
  expect(await ahead()).toMatchObject({ version: 2 })
  expect(await ahead()).toMatchObject({ version: 2 })
  expect(reads).toHaveLength(3)
})

test('after a complete recovery what no event touched is served again', async () => {
  truth.set('b', 1)
  await loader.loadMany(['a', 'b'])
  feed.lost()
  truth.set('a', 2)
  feed.event('stock.a', 2) // replayed before `recovered`
  feed.recovered(true)
  expect(await loader.loadMany(['a', 'b'])).toMatchObject([{ version: 2 }, { version: 1 }])
  expect(reads).toEqual([['a', 'b'], ['a']])
})

test('after a recovery that is not complete everything is read again', async () => {
  await loader.load('a')
  feed.lost()
  truth.set('a', 2) // its event is gone for good
  feed.recovered(false)
  expect(await loader.load('a')).toMatchObject({ version: 2 })
})

test('a read that began during an outage is not kept when its end sees an incomplete recovery', async () => {
  const release = holdReads()
  const early = loader.load('a')
  await tick()
  feed.lost()
  truth.set('a', 2)
  feed.recovered(false)
  release()
  await early
  expect(await loader.load('a')).toMatchObject({ version: 2 })
})

test('while any source of events is stalled every load reads, and after that everything is read again', async () => {
  await loader.load('a')
  feed.stalled('catalog')
  feed.stalled('inventory')
  truth.set('a', 2) // nobody tells
  expect(await loader.load('a')).toMatchObject({ version: 2 })
  feed.flowing('catalog')
  feed.lost()
  feed.recovered(true)
  truth.set('a', 3)
  expect(await loader.load('a')).toMatchObject({ version: 3 })
  feed.flowing('inventory')
  truth.set('a', 4)
  expect(await loader.load('a')).toMatchObject({ version: 4 })
  reads.length = 0
  expect(await loader.load('a')).toMatchObject({ version: 4 })
  expect(reads).toEqual([])
})

test('a failed read is not remembered', async () => {
  let fail = true
  const flaky = createLoader<string, Stock>({
    coherence,
    fetch: async (skus) => {
      if (fail) throw new Error('database gone')
      return skus.map((sku) => ({ sku, version: 1 }))
    },
    subjectOf: (sku) => `flaky.${sku}`,
    versionOf: ({ version }) => version,
    max: 3,
  })
  await expect(flaky.load('a')).rejects.toThrow('database gone')
  fail = false
  expect(await flaky.load('a')).toMatchObject({ version: 1 })
})

test('keeps no more values than allowed, the least recently used leave', async () => {
  await loader.loadMany(['a', 'b', 'c'])
  await loader.load('d')
  reads.length = 0
  await loader.loadMany(['b', 'c', 'd'])
  expect(reads).toEqual([])
  await loader.load('a')
  expect(reads).toEqual([['a']])
})
