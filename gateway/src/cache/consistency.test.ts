import { expect, test } from 'vitest'
import { localFeed } from '../../test/shop.ts'
import { openCaches } from './caches.ts'
import { consistencyTokens, openConsistency } from './consistency.ts'

const secret = 'a secret that both gateways have'
const { read } = consistencyTokens(secret)

function gateway(last: number, stream = 'first') {
  const feed = localFeed()
  feed.seen = { stream, last: new Map([['price', last]]) }
  const caches = openCaches(feed, { answerBytes: 1_000, responseBytes: 1_000 })
  const { hear } = openConsistency(secret, caches, feed)
  return { feed, hear }
}

const changed = (subject: string, version: number) => new Map([[subject, version]])

test('a token says what its client changed, also before, until that was heard', () => {
  const { feed, hear } = gateway(7)
  const first = hear(undefined).tokenAfter(changed('price.changed.a', 2))
  const second = hear(first).tokenAfter(changed('price.changed.b', 5))
  expect(read(second)?.versions).toEqual({ 'price.changed.a': 2, 'price.changed.b': 5 })
  feed.publish('price.changed.a', 2)
  feed.seen = { stream: 'first', last: new Map([['price', 8]]) }
  const third = hear(second).tokenAfter(changed('price.changed.c', 1))
  expect(read(third)).toEqual({
    versions: { 'price.changed.b': 5, 'price.changed.c': 1 },
    events: { stream: 'first', last: new Map([['price', 8]]) },
  })
})

test('a gateway that is behind passes on what another had heard', () => {
  const token = gateway(9).hear(undefined).tokenAfter(changed('price.changed.a', 2))
  const behind = gateway(7)
  behind.feed.heard = false
  const { isFresh, tokenAfter } = behind.hear(token)
  expect(isFresh).toBe(false)
  expect(read(tokenAfter(changed('price.changed.b', 1)))?.events?.last).toEqual(new Map([['price', 9]]))
  expect(read(gateway(1, 'second').hear(token).tokenAfter(new Map()))?.events?.stream).toBe('second')
})

test('who has changed too much to name has seen everything from then on', () => {
  const { hear } = gateway(7)
  const all = hear(undefined).tokenAfter(new Map(Array.from({ length: 51 }, (_, i) => [`price.changed.${i}`, 1])))
  expect(all).toBe('all')
  expect(hear(all).isFresh).toBe(false)
  expect(hear(all).tokenAfter(changed('price.changed.a', 2))).toBe('all')
})

test('a token of another secret, or none at all, is none', () => {
  const { hear } = gateway(7)
  const other = consistencyTokens(null).write({ versions: { 'price.changed.a': 99 }, events: null })
  for (const token of [other, 'x', 'x'.repeat(7_000)]) expect(hear(token).isFresh).toBe(false)
  expect(hear(undefined).isFresh).toBe(true)
})
