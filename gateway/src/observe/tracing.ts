import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { TraceContext } from './observer.ts'

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

const address = 'needs the http or https address of a collector'
const share = 'must be a number from 0 to 1'

/** The variables of the OpenTelemetry specification that traces are set by; all may be left out. */
export const tracingEnvironment = {
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], 'must be otlp or none').default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url(address).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url(address).optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(
      ['http/json', 'http/protobuf'],
      'must be http/json or http/protobuf, to the HTTP port of the collector (usually 4318)',
    )
    .optional(),
  OTEL_TRACES_SAMPLER: z.enum(samplers, `must be one of ${samplers.join(', ')}`).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number(share).min(0, share).max(1, share).default(1),
  OTEL_SERVICE_NAME: z.string().min(1).default('gateway'),
  TRACE_DOCUMENTS: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((value) => value === 'true'),
}

/** Where spans go and which requests are recorded. */
export interface TracingConfig {
  /** Address of an OTLP/HTTP collector for traces, path included. */
  url: string
  sampler: (typeof samplers)[number]
  /** The share of traces that the ratio samplers record, 0 to 1. */
  ratio: number
  service: string
  /** Whether spans carry the operation's text, which may hold what people typed. */
  documents: boolean
  /** Spans that wait to be sent; more are dropped and counted. */
  queue: number
  /** The longest that a span waits, in milliseconds. */
  delayMs: number
}

/** What became of ended spans. */
export interface SpanCounts {
  exported: number
  /** Ended while the queue was full. */
  dropped: number
  /** Refused by the collector, or it was away. */
  failed: number
}

/** Records requests and sends their spans to a collector. */
export interface Tracing {
  /** Begins the server span of a request, as a part of the client's trace when its headers name one. */
  begin(name: string, headers: IncomingHttpHeaders, attributes: Record<string, string>): TraceContext
  readonly counts: Readonly<SpanCounts>
  /** Sends what waits, for at most two seconds. */
  stop(): Promise<void>
}

/** The tracing that an environment asks for; null when it names no collector. */
export function tracingFrom(environment: z.infer<z.ZodObject<typeof tracingEnvironment>>): TracingConfig | null {
  const base = environment.OTEL_EXPORTER_OTLP_ENDPOINT
  const url =
    environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`)
  const off = environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || environment.OTEL_TRACES_EXPORTER === 'none'
  if (url === undefined || off) return null
  return {
    url,
    sampler: environment.OTEL_TRACES_SAMPLER,
    ratio: environment.OTEL_TRACES_SAMPLER_ARG,
    service: environment.OTEL_SERVICE_NAME,
    documents: environment.TRACE_DOCUMENTS,
    queue: 4_096,
    delayMs: 2_000,
  }
}
