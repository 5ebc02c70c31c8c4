import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { TrustedText } from '../documents/trust.ts'
import { type Graph, partOf } from '../supergraph/graph.ts'
import type { Answered } from './answering.ts'
import type { Prepared } from './context.ts'
import type { AnswerForm } from './negotiation.ts'

/** A request that the pipeline accepted before: ready to run, with the headers of its answers. */
export interface KnownRequest {
  prepared: Prepared
  headers: Readonly<Record<string, string>>
  form: AnswerForm
  /** What its document was admitted as. */
  admitted: TrustedText
  /** Names it in the cache of responses. */
  id: number
  /** Runs of it that are on their way, by who may share them. */
  flights: Map<string, Flight>
}

/** One run of a known request, and the clients that wait for it. */
export interface Flight {
  passengers: Passenger[]
  /** How many of them left, or were answered. */
  gone: number
  landed: boolean
  abort: AbortController
}

/** A client that waits for a run. */
export interface Passenger {
  answered(answer: Answered): void
  failed(error: unknown): void
}

/** Finds accepted requests by their raw text, so that what was parsed, checked and planned once is only run. */
export interface KnownRequests {
  get(graph: Graph, key: string): KnownRequest | undefined
  /** Undefined when the graph is not the current one any more, or all were forgotten since `age` was that of the request. */
  set(graph: Graph, key: string, request: Omit<KnownRequest, 'id' | 'flights'>, age: number): KnownRequest | undefined
  /** Forgets all, because they may have to be refused now. */
  forget(): void
  /** Counts how often all were forgotten. */
  readonly age: number
  /** Requests that were found, the runs that answered these, and requests that were not found. */
  readonly counts: { hits: number; runs: number; misses: number }
}

/** Everything of a request that the pipeline's decisions depend on, beside who asks. */
export function requestKey({ method, headers, url }: IncomingMessage, body: string | null): string {
  const preflight = headers['apollo-require-preflight'] ?? headers['x-apollo-operation-name'] ?? ''
  return `${method} ${url}\n${headers['content-type'] ?? ''}\n${headers.accept ?? ''}\n${preflight}\n${body ?? ''}`
}

/** What a prepared request takes beside the characters of its text and of the variables in it. */
const bytesEach = 2_000
const bytesPerCharacter = 4

/** After a swap, requests of the graph before are taken along for this long, in milliseconds, each when it comes again. */
const moveMs = 60_000

/**
 * Remembers accepted requests of the current graph and its contracts, whose address is in their text, up to `maxBytes`, the least used forgotten first. Those of the graph before need no
 * pipeline either when their operation was planned ahead: all clients would meet in it at once.
 */
export function knownRequests(maxBytes: number): KnownRequests {
  const options = {
    maxSize: maxBytes,
    sizeCalculation: (_request: KnownRequest, key: string) => bytesEach + key.length * bytesPerCharacter,
  }
  let known = new LRUCache<string, KnownRequest>(options)
  let before: typeof known | undefined
  let current: Graph | undefined
  let last = 0
  let age = 0

  function enter(graph: Graph): void {
    if (current) {
      const left = known
      before = left
      known = new LRUCache(options)
      setTimeout(() => {
        if (before === left) before = undefined
      }, moveMs).unref()
    }
    current = graph
  }

  function moved(graph: Graph, key: string): KnownRequest | undefined {
    const old = before?.get(key)
    const part = old && partOf(graph, old.prepared.graph.contract)
    const operation = old && part?.operations.sameAs(old.prepared.operation)
    const bound = operation?.bind(old?.prepared.bound.variables ?? {})
    if (!part || !operation || !bound || 'errors' in bound) return undefined
    const { headers, form, admitted } = old
    const request = {
      prepared: { graph: part, operation, bound },
      headers,
      form,
      admitted,
      id: ++last,
      flights: new Map(),
    }
    known.set(key, request)
    return request
  }

  return {
    counts: { hits: 0, runs: 0, misses: 0 },
    get(graph, key) {
      if (graph !== current) enter(graph)
      return known.get(key) ?? (before && moved(graph, key))
    },
    get age() {
      return age
    },
    forget() {
      age++
      known.clear()
      before = undefined
    },
    set(graph, key, request, begunAt) {
      // One that began on the graph before is of no use any more.
      if (graph !== current || begunAt !== age) return undefined
      const accepted = { ...request, id: ++last, flights: new Map() }
      known.set(key, accepted)
      return accepted
    },
  }
}
