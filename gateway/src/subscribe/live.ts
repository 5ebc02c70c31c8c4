// Above the usual length because the life of a live operation is told in one place: opened, heard, planned anew, closed.
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@commerce/service/log.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { Operation } from '../execute/operation.ts'
import type { RunCall } from '../execute/running.ts'
import type { Subgraphs } from '../subgraphs/client.ts'
import { type Graph, partOf } from '../supergraph/graph.ts'
import { contractGone } from '../supergraph/life.ts'
import type { Cursor } from './cursor.ts'
import type { EventFeed, FeedEvent } from './feed.ts'
import { Mailbox } from './mailbox.ts'
import { type Snapshot, snapshotOf } from './snapshot.ts'
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
  /** Whether what a viewer may read is decided anew with each read. */
  decidesEachTime: boolean
  /** Told of each event that clients follow, and how long after the change they get it, in milliseconds. */
  counts: { triggered(): void; told(ms: number): void }
  /** The compiled operation of a request on a graph; rejects with a GraphQLError when it is not valid there (any more). */
  compile(graph: Graph, request: LiveRequest): Promise<Operation>
  callFor(viewer: Viewer | null): RunCall
}

/** All live operations of a gateway, fed by one event feed. */
export interface LiveOperations {
  /**
   * Joins a client to the live operation that it asks for, where it was before if it says so. `count` is told how many keys the client follows
   * more, or fewer, and may throw. Throws a GraphQLError when there is no such live operation.
   */
  open(
    graph: Graph,
    operation: Operation,
    request: LiveRequest,
    client: { since: Cursor | null | undefined; count(change: number): void },
  ): Mailbox
  /** Plans every live operation again, each on the contract that it was opened on; one that is no longer valid ends with its error. */
  replaceGraph(graph: Graph): Promise<void>
  /** Live operations, and the clients that follow them. */
  size(): { operations: number; clients: number }
  stop(): void
}

interface Live {
  graph: Graph
  operation: Operation
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

  let heard: Cursor | undefined
  let isBehind = !feed?.current

  const unsubscribe = feed?.subscribe({
    event(event: FeedEvent) {
      const { subject, stream, seq } = event
      heard = { stream, seq }
      for (const live of bySubject.get(subject) ?? []) {
        options.counts.triggered()
        live.source.changed(live.subjects.get(subject) ?? '', event)
      }
    },
    lost() {
      isBehind = true
    },
    recovered(complete) {
      isBehind = false
      // What was missed and delivered late came as events.
      if (complete) return
      heard = undefined
      for (const { source } of all.values()) source.refresh()
    },
  })

  function position(): Cursor | null {
    if (isBehind) return null
    if (heard) return heard
    const seen = feed?.seen
    return seen ? { stream: seen.stream, seq: Math.max(0, ...seen.last.values()) } : null
  }

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
          const decided = options.decidesEachTime ? await decide(live, snapshot) : snapshot
          return await decided.read(keys, options.subgraphs, options.callFor(request.viewer))
        } catch (error) {
          if (error instanceof GraphQLError) return { errors: [error] }
          options.log.error({ err: error }, 'a live operation failed')
          throw error
        }
      },
      wait: (ms, signal) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined),
      // Not for which key: the id of a cart is all that protects it.
      gaveUp: (version) =>
        options.log.warn(
          { snapshot: live.source.snapshot.name, version },
          'a subgraph does not answer with the version of its own event',
        ),
      told: (changedAt) => options.counts.told(Math.max(0, Date.now() - changedAt)),
      position,
      lastEvents: (subjects) => feed?.lastEvents(subjects) ?? Promise.reject(new Error('There is no feed.')),
      closed() {
        live.isOpen = false
        silence(live)
        all.delete(identity)
      },
    })
    const live: Live = { graph, operation, isOpen: true, request, source, subjects: new Map() }
    // Events first, state after: nothing can fall between the two.
    listen(live)
    all.set(identity, live)
    return live
  }

  async function decide(live: Live, snapshot: Snapshot): Promise<Snapshot> {
    const operation = await options.compile(live.graph, live.request)
    if (operation === live.operation) return snapshot
    live.operation = operation
    const shown = snapshotOf(live.graph, operation, live.request.variables, options.maxKeys)
    live.source.use(shown)
    return shown
  }

  async function replan(whole: Graph, live: Live): Promise<void> {
    const { contract } = live.graph
    try {
      const graph = partOf(whole, contract)
      if (!graph) throw contractGone(contract)
      const operation = await options.compile(graph, live.request)
      // Meanwhile a newer graph may have come, or the last client may have left.
      if (newest !== whole || !live.isOpen) return
      const snapshot = snapshotOf(graph, operation, live.request.variables, options.maxKeys)
      live.graph = graph
      live.operation = operation
      silence(live)
      live.source.replace(snapshot)
      listen(live)
    } catch (error) {
      if (newest !== whole) return
      live.source.fail(error instanceof GraphQLError ? error : new GraphQLError('The subscription cannot go on.'))
    }
  }

  return {
    open(graph, operation, request, { since, count }) {
      if (!feed) {
        const extensions = { code: 'SUBSCRIPTIONS_UNAVAILABLE' }
        throw new GraphQLError('This gateway has no events to follow: NATS_URL is missing in its environment.', {
          extensions,
        })
      }
      const { query, operationName, variables, viewer } = request
      const identity = JSON.stringify([graph.contract, query, operationName, variables, viewer])
      const live = all.get(identity) ?? create(graph, operation, request, identity)
      const { size } = live.subjects
      const mailbox: Mailbox = new Mailbox(() => {
        live.source.leave(mailbox)
        count(-size)
      }, since)
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
      if (newest === graph)
        for (const live of [...all.values()])
          if (live.graph !== partOf(graph, live.graph.contract)) await replan(graph, live)
    },
    size() {
      let clients = 0
      for (const { source } of all.values()) clients += source.size
      return { operations: all.size, clients }
    },
    stop: () => unsubscribe?.(),
  }
}
