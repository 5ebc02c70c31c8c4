import type { FetchSpan } from '../observe/observer.ts'
import { type Answer, readAnswer } from './answer.ts'
import type { Call, CallOutcome, CallReport, Send } from './call.ts'
import { SubgraphFailure } from './failure.ts'
import { type SharingOptions, shareInFlight } from './shared.ts'
import { openUpstream, type SubgraphState, type Upstream, type UpstreamOptions } from './upstream.ts'

/** The subgraphs as the executor needs them: one request, one answer, or a `SubgraphFailure`. */
export interface Subgraphs {
  /** Sends a GraphQL request body. The answer belongs to the caller alone. */
  send(service: string, body: string, call: Call): Promise<Answer>
  /** What was last seen of each subgraph that was asked. */
  states(): Record<string, SubgraphState>
  close(): Promise<void>
}

/** Where the subgraphs are and how they are treated. */
export interface SubgraphOptions extends Partial<UpstreamOptions> {
  /** The address of a subgraph, or undefined when the supergraph does not know it. */
  urlOf(service: string): string | undefined
  /** Undefined sends every request by itself. */
  share?: SharingOptions | undefined
  /** Told of every call that has ended. */
  onCall?: ((report: CallReport) => void) | undefined
}

/** How a subgraph is treated unless told otherwise. */
export const upstreamDefaults: UpstreamOptions = {
  timeoutMs: 5_000,
  maxAnswerBytes: 32 * 1024 * 1024,
  connections: 128,
  waiting: 1_000,
  retry: { repeats: 2, pauseMs: 20 },
  breaker: { windowMs: 5_000, least: 10, restMs: 1_000, maxRestMs: 15_000 },
}

/** A client of the subgraphs with a pool, limits and a breaker for each; nothing is contacted before the first request. */
export function openSubgraphs(options: SubgraphOptions): Subgraphs {
  const { urlOf, share, onCall, ...more } = options
  const settings = { ...upstreamDefaults, ...more }
  const upstreams = new Map<string, Upstream>()

  function upstreamOf(service: string): Upstream {
    const url = urlOf(service)
    const known = upstreams.get(service)
    if (known?.url === url && known) return known
    if (url === undefined || !URL.canParse(url)) {
      const what = url === undefined ? 'no address' : 'an address that is no URL'
      throw new SubgraphFailure('SUBGRAPH_UNAVAILABLE', service, `Subgraph "${service}" has ${what}.`)
    }
    // It moved: what runs ends where it began.
    void known?.close()
    const upstream = openUpstream(service, url, settings)
    upstreams.set(service, upstream)
    return upstream
  }

  const direct: Send = (service, body, call, report) => {
    try {
      return upstreamOf(service).send(body, call, report)
    } catch (error) {
      return Promise.reject(error)
    }
  }
  const send = share ? shareInFlight(direct, share) : direct

  return {
    async send(service, body, call) {
      const begun = performance.now()
      const span = call.trace?.fetch(service, call.place ?? '')
      const report: CallReport = { service, outcome: 'ok', ms: 0, bytes: 0, status: null, repeats: 0 }
      try {
        const answer = readAnswer(service, await send(service, body, span ? within(span, call) : call, report))
        if (answer.errors.length > 0) failed(report, 'error')
        return answer
      } catch (error) {
        if (error instanceof SubgraphFailure) failed(report, outcomes[error.code])
        throw error
      } finally {
        span?.end(report)
        if (onCall) {
          report.ms = performance.now() - begun
          onCall(report)
        }
      }
    },
    states: () => Object.fromEntries([...upstreams].map(([service, { state }]) => [service, state])),
    async close() {
      await Promise.all([...upstreams.values()].map((upstream) => upstream.destroy()))
    },
  }
}

const outcomes: Record<SubgraphFailure['code'], CallOutcome> = {
  SUBGRAPH_UNAVAILABLE: 'unavailable',
  SUBGRAPH_OVERLOADED: 'unavailable',
  SUBGRAPH_TIMEOUT: 'timeout',
  SUBGRAPH_MALFORMED: 'malformed',
  REQUEST_ABORTED: 'aborted',
}

function within({ headers }: FetchSpan, call: Call): Call {
  return { ...call, headers: { ...call.headers, ...headers } }
}

// A call that joined another counts as that, however the other ended: requests are counted once.
function failed(report: CallReport, outcome: CallOutcome): void {
  if (report.outcome !== 'shared') report.outcome = outcome
}
