import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@commerce/service/log.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { Operation } from '../execute/operation.ts'
import type { RunCall } from '../execute/running.ts'
import type { Subgraphs } from '../subgraphs/client.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { EventFeed } from './feed.ts'
import { Mailbox } from './mailbox.ts'
import { snapshotOf } from './snapshot.ts'
import { LiveSource } from './source.ts'

/** A subscription as a client asked for it. */
export interface LiveRequest {
  query: string
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>>
  viewer: Viewer | null
}

/** What live operations are made with. */
export interface LiveOptions {
  feed: EventFeed | null
  subgraphs: Subgraphs
  maxKeys: number
  log: Logger
  /** The compiled operation of a request on a graph; rejects with a GraphQLError when it is not valid there (any more). */
  compile(graph: Graph, request: LiveRequest): Promise<Operation>
  callFor(viewer: Viewer | null): RunCall
}

/** All live operations of a gateway, fed by one event feed. */
export interface LiveOperations {
  /**
   * Joins a client to the live operation that it asks for. `count` is told how many keys the client follows more, or fewer,
   * and may throw. Throws a GraphQLError when there is no such live operation.
   */
  open(graph: Graph, operation: Operation, request: LiveRequest, count: (change: number) => void): Mailbox
  /** Plans every live operation again; one that is no longer valid ends with its error. */
  replaceGraph(graph: Graph): Promise<void>
  /** Live operations, and the clients that follow them. */
  size(): { operations: number; clients: number }
  stop(): void
}

interface Live {
  graph: Graph
  isOpen: boolean
  request: LiveRequest
  source: LiveSource
  subjects: ReadonlyMap<string, string>
}

/** Starts to hear the feed. */
export function liveOperations(options: LiveOptions): LiveOperations {
  const { feed } = options
  const all = new Map<string, Live>()
  const bySubject = new Map<string, Set<Live>>()

  const unsubscribe = feed?.subscribe({
    event({ subject, data: { version } }) {
      for (const live of bySubject.get(subject) ?? []) live.source.changed(live.subjects.get(subject) ?? '', version)
    },
    lost() {},
    recovered(complete) {
      // What was missed and delivered late came as events.
      if (!complete) for (const { source } of all.values()) source.refresh()
    },
  })

  function listen(live: Live): void {
    live.subjects = live.source.snapshot.subjects
    for (const subject of live.subjects.keys()) {
      const listening = bySubject.get(subject)
      if (listening) listening.add(live)
      else bySubject.set(subject, new Set([live]))
    }
  }

  function silence(live: Live): void {
    for (const subject of live.subjects.keys()) {
      const listening = bySubject.get(subject)
      listening?.delete(live)
      if (listening?.size === 0) bySubject.delete(subject)
    }
  }

  let newest: Graph | undefined

  function create(graph: Graph, operation: Operation, request: LiveRequest, identity: string): Live {
    const source = new LiveSource(snapshotOf(graph, operation, request.variables, options.maxKeys), {
      read: async (snapshot, keys) => {
        try {
          return await snapshot.read(keys, options.subgraphs, options.callFor(request.viewer))
        } catch (error) {
          options.log.error({ err: error }, 'a live operation failed')
          throw error
        }
      },
      wait: (ms, signal) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined),
      gaveUp: (key, version) =>
        options.log.warn({ key, version }, 'a subgraph does not answer with the version of its own event'),
      closed() {
        live.isOpen = false
        silence(live)
        all.delete(identity)
      },
    })
    const live: Live = { graph, isOpen: true, request, source, subjects: new Map() }
    // Events first, state after: nothing can fall between the two.
    listen(live)
    all.set(identity, live)
    return live
  }

  async function replan(graph: Graph, live: Live): Promise<void> {
    try {
      const operation = await options.compile(graph, live.request)
      // Meanwhile a newer graph may have come, or the last client may have left.
      if (newest !== graph || !live.isOpen) return
      const snapshot = snapshotOf(graph, operation, live.request.variables, options.maxKeys)
      live.graph = graph
      silence(live)
      live.source.replace(snapshot)
      listen(live)
    } catch (error) {
      if (newest !== graph) return
      live.source.fail(error instanceof GraphQLError ? error : new GraphQLError('The subscription cannot go on.'))
    }
  }

  return {
    open(graph, operation, request, count) {
      if (!feed) {
        const extensions = { code: 'SUBSCRIPTIONS_UNAVAILABLE' }
        throw new GraphQLError('This gateway has no events to follow: NATS_URL is missing in its environment.', {
          extensions,
        })
      }
      const identity = JSON.stringify([request.query, request.operationName, request.variables, request.viewer])
      const live = all.get(identity) ?? create(graph, operation, request, identity)
      const { size } = live.subjects
      const mailbox: Mailbox = new Mailbox(() => {
        live.source.leave(mailbox)
        count(-size)
      })
      live.source.join(mailbox)
      try {
        count(size)
      } catch (error) {
        void mailbox.return()
        throw error
      }
      return mailbox
    },
    async replaceGraph(graph) {
      newest = graph
      for (const live of [...all.values()]) await replan(graph, live)
      // One that was opened on the old graph while the others were planned.
      if (newest === graph) for (const live of [...all.values()]) if (live.graph !== graph) await replan(graph, live)
    },
    size() {
      let clients = 0
      for (const { source } of all.values()) clients += source.size
      return { operations: all.size, clients }
    },
    stop: () => unsubscribe?.(),
  }
}
