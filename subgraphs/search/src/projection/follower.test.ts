import { createLog } from '@commerce/service/log.ts'
import { expect, test } from 'vitest'
import { price } from '../../test/events.ts'
import { toldBy } from '../document/document.ts'
import type { Changes, SearchEngine } from '../engine/port.ts'
import { createFollower, type Told } from './follower.ts'

const log = createLog('test', 'silent')

function told(sku: string, version: number): [string, Told] {
  const { subject, data } = price(sku, version, { version })
  return [subject, toldBy(subject, data, 1) as Told]
}

/** What only records is all of an engine that a follower sees. */
function recording(apply: (changes: Changes) => void | Promise<void>): SearchEngine {
  return { apply } as SearchEngine
}

test('of each entity the newest is taken in, in the order in which they first changed', async () => {
  const taken: string[] = []
  const follower = createFollower(
    recording(({ prices }) => void taken.push(...prices.map(({ sku, version }) => `${sku}${version}`))),
    log,
    () => {},
  )
  for (const one of [told('a', 1), told('b', 4), told('a', 3), told('a', 2), told('b', 3)]) follower.push(...one)
  expect(follower.idle()).toBeInstanceOf(Promise)
  follower.release()
  await follower.idle()
  expect(taken).toEqual(['a3', 'b4'])
  expect(follower.idle()).toBeUndefined()
})

test('who waits, waits for what was pushed before, not for what follows', async () => {
  let applied = 0
  const follower = createFollower(
    recording(async ({ prices }) => {
      applied += prices.length
      // While these are taken in, the next ones come: there is always more.
      if (applied < 50_000) for (let i = 0; i < 500; i++) follower.push(...told(`more-${applied}-${i}`, 1))
    }),
    log,
    () => {},
  )
  follower.release()
  follower.push(...told('mine', 1))
  await follower.idle()
  expect(applied).toBeLessThan(2_000)
})

test('a change that the engine cannot take does not keep the others out', async () => {
  const taken: string[] = []
  const follower = createFollower(
    recording(({ prices }) => {
      if (prices.some(({ sku }) => sku === 'poison')) throw new Error('no')
      taken.push(...prices.map(({ sku }) => sku))
    }),
    log,
    () => {},
  )
  follower.release()
  for (const sku of ['a', 'poison', 'b']) follower.push(...told(sku, 1))
  await follower.idle()
  expect(taken).toEqual(['a', 'b'])
})

test('more than there is room for is noticed', () => {
  const follower = createFollower(
    recording(() => {}),
    log,
    () => {},
  )
  const [, change] = told('x', 1)
  for (let i = 0; i < 200_000; i++) follower.push(`s-${i}`, change)
  expect(follower.overflowed).toBe(false)
  follower.push('one-more', change)
  expect(follower.overflowed).toBe(true)
})

test('what was held back while the index was loaded does not count as delay', async () => {
  const delays: string[] = []
  const follower = createFollower(
    recording(() => {}),
    log,
    ({ data }) => delays.push(String(data.version)),
  )
  follower.push(...told('held', 1))
  follower.release()
  follower.push(...told('live', 2))
  await follower.idle()
  expect(delays).toEqual(['2'])
})
