import type { IncomingMessage, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Graph } from '../supergraph/graph.ts'
import type { Prepared } from './context.ts'

/** A request that the pipeline accepted before: ready to run, with the headers of its answers. */
export interface KnownRequest {
  prepared: Prepared
  headers: Readonly<Record<string, string>>
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
  response: ServerResponse
  answered(): void
  failed(error: unknown): void
}

/** Finds accepted requests by their raw text, so that what was parsed, checked and planned once is only run. */
export interface KnownRequests {
  get(graph: Graph, key: string): KnownRequest | undefined
  set(graph: Graph, key: string, request: KnownRequest): void
}

/** Everything of a request that the pipeline's decisions depend on, beside who asks. */
export function requestKey({ method, headers, url }: IncomingMessage, body: string | null): string {
  const preflight = headers['apollo-require-preflight'] ?? headers['x-apollo-operation-name'] ?? ''
  return `${method} ${url}\n${headers['content-type'] ?? ''}\n${headers.accept ?? ''}\n${preflight}\n${body ?? ''}`
}

/** What a prepared request takes beside the characters of its text and of the variables in it. */
const bytesEach = 2_000
const bytesPerCharacter = 4

/** Remembers accepted requests of the current graph up to `maxBytes`, the least used forgotten first. */
export function knownRequests(maxBytes: number): KnownRequests {
  const known = new LRUCache<string, KnownRequest>({
    maxSize: maxBytes,
    sizeCalculation: (_request, key) => bytesEach + key.length * bytesPerCharacter,
  })
  let current: Graph | undefined
  return {
    get: (graph, key) => (graph === current ? known.get(key) : undefined),
    set(graph, key, request) {
      if (graph !== current) {
        known.clear()
        current = graph
      }
      known.set(key, request)
    },
  }
}
