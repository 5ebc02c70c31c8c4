import type { Logger } from '@commerce/service/log.ts'
import type { EventFeed, FeedListener } from './feed.ts'

/** A feed that has to be stopped. */
export interface StoppableFeed extends EventFeed {
  stop(): Promise<void>
}

/** A feed over a connection that can end for good. */
export interface ConnectedFeed extends StoppableFeed {
  readonly stalled: ReadonlySet<string>
  ended: Promise<void>
}

/** Of a feed that has just begun nobody knows that it told everything, whatever it recovered from before. */
function fromNow(listener: FeedListener): FeedListener {
  let isFirst = true
  return {
    ...listener,
    recovered(complete) {
      listener.recovered(complete && !isFirst)
      isFirst = false
    },
  }
}

/**
 * A feed that may come later: it is behind until `connect` succeeds, which is tried again until then, so that the gateway
 * answers queries while the events' server is down.
 */
export function lateFeed(
  sources: readonly string[],
  connect: () => Promise<ConnectedFeed>,
  log: Logger,
  retryMs: number,
): StoppableFeed {
  const listeners = new Map<FeedListener, (() => void) | undefined>()
  let feed: ConnectedFeed | undefined
  let stopped = false
  let retry: NodeJS.Timeout | undefined

  const attempt = async () => {
    try {
      const connected = await connect()
      if (stopped) return await connected.stop()
      feed = connected
      void connected.ended.then(() => startOver(connected))
      for (const listener of listeners.keys()) {
        const beginning = fromNow(listener)
        listeners.set(listener, feed.subscribe(beginning))
        // Whatever was read before now was read without hearing of changes; a feed that is not current yet says so itself.
        if (feed.current) beginning.recovered(false)
      }
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'there are no events yet')
      if (!stopped) retry = setTimeout(attempt, retryMs)
    }
  }
  void attempt()

  async function startOver(ended: ConnectedFeed): Promise<void> {
    if (stopped || feed !== ended) return
    feed = undefined
    for (const listener of listeners.keys()) {
      listener.lost()
      // The next feed begins with its own.
      for (const source of ended.stalled) listener.flowing?.(source)
    }
    await ended.stop().catch(() => {})
    void attempt()
  }

  return {
    get current() {
      return feed?.current ?? false
    },
    get seen() {
      return feed?.seen ?? null
    },
    sources,
    has: (seen) => feed?.has(seen) ?? false,
    async lastEvents(subjects) {
      if (!feed) throw new Error('There are no events yet.')
      return feed.lastEvents(subjects)
    },
    subscribe(listener) {
      listeners.set(listener, feed?.subscribe(listener))
      return () => {
        listeners.get(listener)?.()
        listeners.delete(listener)
      }
    },
    async stop() {
      stopped = true
      clearTimeout(retry)
      await feed?.stop()
    },
  }
}
