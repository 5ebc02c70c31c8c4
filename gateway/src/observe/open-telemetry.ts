import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@commerce/service/log.ts'
import { defaultTextMapGetter, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api'
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { TraceContext } from './observer.ts'
import { RecordedTrace, traceHeaders } from './trace.ts'
import type { SpanCounts, Tracing, TracingConfig } from './tracing.ts'

const batch = 512
const exportTimeoutMs = 5_000
const stopLimitMs = 2_000

/** Tracing with the OpenTelemetry SDK, over OTLP/HTTP in JSON. Nothing global is set: two gateways of a process do not meet. */
export function openTelemetry(config: TracingConfig, log: Logger): Tracing {
  const counts: SpanCounts = { exported: 0, dropped: 0, failed: 0 }
  const exporter = new OTLPTraceExporter({ url: config.url, timeoutMillis: exportTimeoutMs })
  const queue = new CountedQueue(counted(exporter, counts, config.url, log), config, counts)
  const provider = new BasicTracerProvider({
    sampler: samplerOf(config),
    resource: resourceFromAttributes({ 'service.name': config.service }),
    spanProcessors: [queue],
    // Error messages and names are the client's words: they are cut, whatever the environment says.
    spanLimits: { attributeValueLengthLimit: config.documents ? 10_000 : 256 },
  })
  const tracer = provider.getTracer('commerce-gateway')
  const propagator = new W3CTraceContextPropagator()

  return {
    counts,
    begin(name: string, headers: IncomingHttpHeaders, attributes: Record<string, string>): TraceContext {
      const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
      const span: Span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
      const { traceparent, tracestate } = traceHeaders(span)
      const context: TraceContext = { traceparent }
      if (tracestate !== undefined) context.tracestate = tracestate
      if (span.isRecording())
        context.trace = new RecordedTrace(tracer, span, trace.setSpan(parent, span), config.documents)
      return context
    },
    async stop() {
      const stopped = provider
        .shutdown()
        .catch((error: unknown) => log.debug({ err: error }, 'spans were not all sent'))
      await Promise.race([stopped, delay(stopLimitMs, undefined, { ref: false })])
    },
  }
}

/** The SDK's batches, with a queue whose losses can be seen: the SDK itself tells only its own metrics library. */
class CountedQueue extends BatchSpanProcessor {
  readonly #counts: SpanCounts
  readonly #limit: number
  readonly #waiting: { spans: number }

  constructor(exporter: SpanExporter, config: TracingConfig, counts: SpanCounts) {
    const waiting = { spans: 0 }
    const draining: SpanExporter = {
      export(spans, done) {
        waiting.spans -= spans.length
        exporter.export(spans, done)
      },
      shutdown: () => exporter.shutdown(),
    }
    super(draining, {
      maxQueueSize: config.queue,
      maxExportBatchSize: Math.min(batch, config.queue),
      scheduledDelayMillis: config.delayMs,
      exportTimeoutMillis: exportTimeoutMs,
    })
    this.#counts = counts
    this.#limit = config.queue
    this.#waiting = waiting
  }

  override onEnd(span: ReadableSpan): void {
    if (this.#waiting.spans >= this.#limit) {
      this.#counts.dropped++
      return
    }
    this.#waiting.spans++
    super.onEnd(span)
  }
}

function counted(exporter: SpanExporter, counts: SpanCounts, url: string, log: Logger): SpanExporter {
  let failing = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS
        if (failed) counts.failed += spans.length
        else counts.exported += spans.length
        // Once for each outage: a collector that is away is no fault of the requests.
        if (failed && !failing) log.warn({ url, reason: result.error?.message }, 'the trace collector takes no spans')
        if (!failed && failing) log.info({ url }, 'the trace collector takes spans again')
        failing = failed
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}

function samplerOf({ sampler, ratio }: TracingConfig): Sampler {
  const parentBased = sampler.startsWith('parentbased_')
  const name = parentBased ? sampler.slice('parentbased_'.length) : sampler
  const root =
    name === 'always_on'
      ? new AlwaysOnSampler()
      : name === 'always_off'
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio)
  return parentBased ? new ParentBasedSampler({ root }) : root
}
