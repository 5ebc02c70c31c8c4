import type { CallOutcome, CallReport } from '../subgraphs/call.ts'
import { type Family, Histogram, HistogramTable, type Sample } from './instruments.ts'

const methods = ['GET', 'POST', 'OPTIONS', 'HEAD', '_OTHER'] as const
const operationTypes = ['query', 'mutation', 'subscription', ''] as const
const operationOutcomes = ['ok', 'partial', 'failed', 'refused'] as const
const fetchOutcomes: readonly CallOutcome[] = [
  'ok',
  'error',
  'timeout',
  'unavailable',
  'malformed',
  'aborted',
  'shared',
]
/** More subgraphs than this in the life of one process are counted together. */
const maxSubgraphs = 500
const others = 'OTHER'

/** `''` for an operation that was refused before its type was known. */
export type OperationType = (typeof operationTypes)[number]

/** `partial` has data and errors, `failed` has no data, `refused` was not valid or not allowed and did not run. */
export type OperationOutcome = (typeof operationOutcomes)[number]

interface Subgraph {
  durations: HistogramTable<'', CallOutcome>
  retries: number
  bytes: number
}

/**
 * What the gateway counts about itself. Everything here is a few additions, with labels from fixed lists: neither a client nor a
 * subgraph can create a series. It is read, and costs something, only when somebody asks for the metrics.
 */
export class Metrics {
  /** HTTP requests that are being answered. */
  activeRequests = 0
  readonly #requests = new Map<number, Histogram>()
  readonly #routes: readonly string[]
  readonly #operations = new HistogramTable(operationTypes, operationOutcomes)
  readonly #errors = new Map<string, number>()
  readonly #codes: ReadonlySet<string>
  readonly #subgraphs = new Map<string, Subgraph>()
  readonly #plans = new HistogramTable([''], ['ok', 'failed'])
  readonly #published: Family[] = []

  /** `routes` are the paths that are told apart; other errors than `codes` are counted together. */
  constructor(routes: readonly string[], codes: Iterable<string>) {
    this.#routes = ['', ...routes]
    this.#codes = new Set(codes)
  }

  /** An HTTP request that was answered, or that its client gave up (status 499). */
  request(method: string, path: string, status: number, ms: number): void {
    const known = methods.indexOf(method as 'GET')
    // A path that is no route of ours is counted as none.
    const route = Math.max(0, this.#routes.indexOf(path))
    const key = (route * methods.length + (known === -1 ? methods.length - 1 : known)) * 1000 + (status % 1000)
    let histogram = this.#requests.get(key)
    if (!histogram) {
      histogram = new Histogram()
      this.#requests.set(key, histogram)
    }
    histogram.observe(ms)
  }

  operation(type: OperationType, outcome: OperationOutcome, ms: number): void {
    this.#operations.observe(type, outcome, ms)
  }

  /** An error in an answer, by its `extensions.code`. */
  error(code: unknown): void {
    const known = typeof code === 'string' && this.#codes.has(code) ? code : others
    this.#errors.set(known, (this.#errors.get(known) ?? 0) + 1)
  }

  /** A subgraph request that has ended. */
  fetch({ service, outcome, ms, bytes, repeats }: CallReport): void {
    const subgraph = this.#subgraph(service)
    subgraph.durations.observe('', outcome, ms)
    subgraph.bytes += bytes
    subgraph.retries += repeats
  }

  /** An operation that was planned, not found in the cache. */
  plan(outcome: 'ok' | 'failed', ms: number): void {
    this.#plans.observe('', outcome, ms)
  }

  /** Publishes what is counted or measured elsewhere. */
  publish(family: Family): void {
    this.#published.push(family)
  }

  /** Publishes one number that is kept elsewhere; `undefined` is left out. */
  publishNumber(type: 'counter' | 'gauge', name: string, help: string, read: () => number | undefined): void {
    this.publish({
      name,
      help,
      type,
      read: () => {
        const value = read()
        return value === undefined ? [] : [{ labels: {}, value }]
      },
    })
  }

  families(): Family[] {
    return [
      {
        name: 'http_server_request_duration_seconds',
        help: 'HTTP requests of clients, from their headers to the last byte of the answer.',
        type: 'histogram',
        read: () => [...this.#requests].flatMap(([key, histogram]) => histogram.samples(this.#requestLabels(key))),
      },
      {
        name: 'http_server_active_requests',
        help: 'HTTP requests that are being answered.',
        type: 'gauge',
        read: () => [{ labels: {}, value: this.activeRequests }],
      },
      {
        name: 'graphql_operation_duration_seconds',
        help: 'GraphQL operations over every transport, by how they ended.',
        type: 'histogram',
        read: () =>
          this.#operations.samples((graphql_operation_type, outcome) => ({ graphql_operation_type, outcome })),
      },
      {
        name: 'graphql_errors_total',
        help: 'Errors in GraphQL answers by code; codes that are not known are OTHER.',
        type: 'counter',
        read: () => [...this.#errors].map(([code, value]) => ({ labels: { code }, value })),
      },
      {
        name: 'http_client_request_duration_seconds',
        help: 'Requests to subgraphs, retries included, by how they ended.',
        type: 'histogram',
        read: () =>
          this.#bySubgraph((name, { durations }) => durations.samples((_, outcome) => labels(name, { outcome }))),
      },
      {
        name: 'http_client_response_body_bytes_total',
        help: 'Bytes of subgraph answers.',
        type: 'counter',
        read: () => this.#bySubgraph((name, { bytes }) => [{ labels: labels(name), value: bytes }]),
      },
      {
        name: 'http_client_retries_total',
        help: 'Requests to subgraphs that were sent once more.',
        type: 'counter',
        read: () => this.#bySubgraph((name, { retries }) => [{ labels: labels(name), value: retries }]),
      },
      {
        name: 'gateway_plan_duration_seconds',
        help: 'Planning of operations that were not planned yet, waiting for the planner included.',
        type: 'histogram',
        read: () => this.#plans.samples((_, outcome) => ({ outcome })),
      },
      ...this.#published,
    ]
  }

  #subgraph(service: string): Subgraph {
    let subgraph = this.#subgraphs.get(service)
    if (!subgraph) {
      if (this.#subgraphs.size >= maxSubgraphs && service !== others) return this.#subgraph(others)
      subgraph = { durations: new HistogramTable([''], fetchOutcomes), retries: 0, bytes: 0 }
      this.#subgraphs.set(service, subgraph)
    }
    return subgraph
  }

  #bySubgraph(read: (name: string, subgraph: Subgraph) => Sample[]): Sample[] {
    return [...this.#subgraphs].flatMap(([name, subgraph]) => read(name, subgraph))
  }

  #requestLabels(key: number): Sample['labels'] {
    const rest = Math.floor(key / 1000)
    return {
      http_request_method: methods[rest % methods.length] as string,
      http_response_status_code: key % 1000,
      http_route: this.#routes[Math.floor(rest / methods.length)] as string,
    }
  }
}

function labels(subgraph_name: string, more: Sample['labels'] = {}): Sample['labels'] {
  return { subgraph_name, ...more }
}
