import { setImmediate as tick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createCoherence } from './coherence.ts'
import { collecting, dependOn } from './dependencies.ts'
import { createLoader } from './loader.ts'

const loader = createLoader<string, { version: number }>({
  coherence: following(),
  fetch: async (keys) => keys.map((key) => (key === 'none' ? null : { version: 1 })),
  subjectOf: (key) => `thing.changed.${key}`,
  versionOf: ({ version }) => version,
  max: 10,
})

function following() {
  const coherence = createCoherence()
  coherence.follow({ current: true, sources: [], subscribe: () => () => {} })
  return coherence
}

async function tagsOf(read: () => Promise<unknown>): Promise<string[]> {
  const tags = new Set<string>()
  await collecting(tags, read)
  return [...tags]
}

test('a load says what it depends on, found or not, read or cached', async () => {
  for (const _ of ['read', 'cached']) {
    expect(await tagsOf(() => loader.loadMany(['a', 'none']))).toEqual(['thing.changed.a', 'thing.changed.none'])
  }
  expect(loader.stats).toMatchObject({ hits: 2, misses: 2 })
})

test('each of two reads that are one batch says only its own', async () => {
  const [one, two] = await Promise.all([tagsOf(() => loader.load('one')), tagsOf(() => loader.load('two'))])
  expect([one, two]).toEqual([['thing.changed.one'], ['thing.changed.two']])
})

test('what a read does after waiting counts too', async () => {
  const read = async () => {
    await tick()
    dependOn('later')
  }
  expect(await tagsOf(read)).toEqual(['later'])
})

test('nobody has to collect', () => {
  expect(() => dependOn('unheard')).not.toThrow()
})
