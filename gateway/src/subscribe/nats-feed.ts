import { connectEvents } from '@commerce/events/connection.ts'
import { startFeed } from '@commerce/events/feed.ts'
import { SOURCES } from '@commerce/events/stream.ts'
import type { Logger } from '@commerce/service/log.ts'
import { type ConnectedFeed, lateFeed, type StoppableFeed } from './late-feed.ts'

const retryMs = 1_000

/** All events of the graph, from NATS at this address as soon as it answers. */
export function natsFeed(url: string, log: Logger): StoppableFeed {
  return lateFeed(SOURCES, () => connectFeed(url, log), log, retryMs)
}

async function connectFeed(url: string, log: Logger): Promise<ConnectedFeed> {
  const connection = await connectEvents({ url, name: 'gateway', log })
  const feed = await startFeed(
    connection,
    SOURCES.map((source) => `${source}.>`),
  )
  return {
    ended: connection.ended,
    sources: feed.sources,
    has: (seen) => feed.has(seen),
    lastEvents: (subjects) => feed.lastEvents(subjects),
    stalled: feed.stalled,
    get current() {
      return feed.current
    },
    get seen() {
      return feed.seen
    },
    subscribe: (listener) => feed.subscribe(listener),
    async stop() {
      await feed.stop()
      await connection.close()
    },
  }
}
