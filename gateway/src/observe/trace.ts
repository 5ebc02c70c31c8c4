import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { OperationDefinitionNode } from 'graphql'
import type { FetchSpan, Phase, PhaseSpan, Trace } from './observer.ts'

/** A request's trace as OpenTelemetry spans. */
export class RecordedTrace implements Trace {
  readonly #tracer: Tracer
  readonly #server: Span
  readonly #context: Context
  readonly #documents: boolean
  /** The context of the execution while it runs: the parent of fetches. */
  #within: Context

  constructor(tracer: Tracer, server: Span, context: Context, documents: boolean) {
    this.#tracer = tracer
    this.#server = server
    this.#context = context
    this.#documents = documents
    this.#within = context
  }

  operation({ operation, name, loc }: OperationDefinitionNode): void {
    this.#server.setAttribute('graphql.operation.type', operation)
    if (name) this.#server.setAttribute('graphql.operation.name', name.value)
    if (this.#documents && loc) this.#server.setAttribute('graphql.document', loc.source.body)
  }

  phase(name: Phase): PhaseSpan {
    const span = this.#tracer.startSpan(name, undefined, this.#context)
    if (name === 'graphql.execute') this.#within = trace.setSpan(this.#context, span)
    return {
      end(problem) {
        if (problem !== undefined) fail(span, problem)
        span.end()
      },
    }
  }

  fetch(service: string, place: string): FetchSpan {
    const attributes = { 'subgraph.name': service, 'gateway.plan.path': place }
    const span = this.#tracer.startSpan(`subgraph ${service}`, { kind: SpanKind.CLIENT, attributes }, this.#within)
    return new RecordedFetch(span)
  }

  end(status: number | undefined, problem?: string): void {
    const span = this.#server
    if (status !== undefined) span.setAttribute('http.response.status_code', status)
    // What the client did wrong is no error of the server's.
    if (status !== undefined && status >= 500) fail(span, String(status))
    else if (problem !== undefined) fail(span, problem)
    span.end()
  }
}

class RecordedFetch implements FetchSpan {
  readonly headers: Readonly<Record<string, string>>
  readonly #span: Span

  constructor(span: Span) {
    this.#span = span
    this.headers = traceHeaders(span)
  }

  end({ outcome, status, repeats }: { outcome: string; status: number | null; repeats: number }): void {
    const span = this.#span
    if (status !== null) span.setAttribute('http.response.status_code', status)
    if (repeats > 0) span.setAttribute('http.request.resend_count', repeats)
    if (outcome === 'shared') span.setAttribute('gateway.fetch.shared', true)
    else if (outcome !== 'ok') fail(span, outcome)
    span.end()
  }
}

/** The W3C headers (Trace Context, level 1) that make a request a child of `span`. */
export function traceHeaders(span: Span): { traceparent: string; tracestate?: string } {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  const tracestate = traceState?.serialize()
  return tracestate ? { traceparent, tracestate } : { traceparent }
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
