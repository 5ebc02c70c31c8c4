import { createLog } from '@commerce/service/log.ts'
import { expect, test } from 'vitest'
import type { FeedListener } from './feed.ts'
import { type ConnectedFeed, lateFeed } from './late-feed.ts'

test.each([
  ['is behind when it connects', false],
  ['is current when it connects', true],
])('of what came before a feed that %s nothing was told, and afterwards everything can be', async (_, current) => {
  let listener: FeedListener | undefined
  const connected: ConnectedFeed = {
    current,
    seen: null,
    sources: ['stock'],
    stalled: new Set(),
    ended: new Promise(() => {}),
    has: () => true,
    lastEvents: async () => ({ stream: '', first: 0, end: 0, last: new Map() }),
    subscribe(one) {
      listener = one
      return () => {}
    },
    stop: async () => {},
  }
  const feed = lateFeed(['stock'], async () => connected, createLog('test', 'silent'), 10)
  const story: string[] = []
  feed.subscribe({
    event: ({ subject }) => story.push(subject),
    lost: () => story.push('lost'),
    recovered: (complete) => story.push(complete ? 'complete' : 'incomplete'),
  })
  await new Promise((resolve) => setImmediate(resolve))
  if (!current) listener?.recovered(true)
  listener?.lost()
  listener?.recovered(true)
  expect(story).toEqual(['incomplete', 'lost', 'complete'])
  await feed.stop()
})
