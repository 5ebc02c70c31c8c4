import { errors, Pool } from 'undici'
import { type BreakerOptions, type CircuitName, createBreaker } from './breaker.ts'
import type { Call, CallReport, Reply } from './call.ts'
import { Cut, CutShort } from './cut.ts'
import { exchange } from './exchange.ts'
import { cutFailure, SubgraphFailure } from './failure.ts'
import { pause, pauseAfter, RetryBudget, type RetryOptions } from './retry.ts'
import { Full, Slots } from './slots.ts'
import { type Standing, type SubgraphChange, standingOf } from './standing.ts'

/** How each subgraph is treated. */
export interface UpstreamOptions {
  /** From a call to the last byte of its answer, in milliseconds, repeats included. */
  timeoutMs: number
  /** Bytes of one answer. */
  maxAnswerBytes: number
  /** Open connections, and so requests at a time. */
  connections: number
  /** Calls that wait for a connection; further ones fail at once. */
  waiting: number
  retry: RetryOptions
  breaker: BreakerOptions
  /** Told when a subgraph goes away, when it is left alone, and when it is back. */
  onChange?: ((change: SubgraphChange) => void) | undefined
}

/** What was last seen of a subgraph, for people. */
export interface SubgraphState extends Pick<Standing, 'state' | 'since'> {
  circuit: CircuitName
  /** Requests on their way, and calls that wait for a connection. */
  running: number
  waiting: number
}

/** One subgraph at one address, with connections, limits and a breaker of its own. */
export interface Upstream {
  readonly url: string
  readonly state: SubgraphState
  /** Rejects with a `SubgraphFailure`; an answer of any status is a reply. */
  send(body: string, call: Call, report: CallReport): Promise<Reply>
  /** Lets running requests end. */
  close(): Promise<void>
  destroy(): Promise<void>
}

/** The state of a subgraph that was not asked yet. */
export const unknownSubgraph: SubgraphState = {
  state: 'unknown',
  since: null,
  circuit: 'closed',
  running: 0,
  waiting: 0,
}

/** Opens nothing yet: connections are made for requests. Throws a TypeError when `url` is none. */
export function openUpstream(service: string, url: string, options: UpstreamOptions): Upstream {
  const { origin, pathname, search } = new URL(url)
  const { timeoutMs, connections } = options
  // A pool for each subgraph even where two share an origin: a slow one must not hold the connections of the other.
  const pool = new Pool(origin, {
    connections,
    // One request at a time on each connection: what the slots count.
    pipelining: 1,
    allowH2: false,
    connectTimeout: timeoutMs,
    keepAliveTimeout: 4_000,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const target = { dispatcher: pool, path: `${pathname}${search}`, maxAnswerBytes: options.maxAnswerBytes }
  const slots = new Slots(connections, options.waiting)
  const budget = new RetryBudget()
  const breaker = createBreaker(options.breaker, { error: blames, value: isDown })
  let calls = 0
  let closing: (() => void) | undefined
  const standing = standingOf((to, reason) => options.onChange?.({ service, url, to, reason }))

  /** Whether what was thrown speaks against the subgraph. */
  function blames(error: unknown): boolean {
    if (error instanceof errors.InvalidArgumentError) return false
    return !(error instanceof CutShort) || error.waitedMs >= timeoutMs / 2
  }

  function refuseWhileOpen(): void {
    const refusal = breaker.refusal()
    if (refusal) throw new SubgraphFailure('SUBGRAPH_UNAVAILABLE', service, `Subgraph "${service}" ${refusal}.`)
  }

  async function attempt(body: string, call: Call, cut: Cut, report: CallReport): Promise<Reply> {
    refuseWhileOpen()
    if (!slots.take()) await slots.wait(cut)
    try {
      // It may have opened while this call waited.
      refuseWhileOpen()
      const reply = await breaker.run(() => exchange(target, body, call, cut, report))
      if (isDown(reply)) standing.saw('down', breaker.circuit, `it answered with status ${reply.status}`)
      else standing.saw('up', breaker.circuit, null)
      return reply
    } catch (error) {
      if (!(error instanceof SubgraphFailure) && blames(error))
        standing.saw('down', breaker.circuit, reasonOf(error, timeoutMs))
      throw error
    } finally {
      slots.release()
    }
  }

  /** Milliseconds until the call may be tried again; null when it may not. */
  function again(pauseMs: number | null, call: Call, cut: Cut, report: CallReport): number | null {
    if (pauseMs === null || !call.repeatable || report.repeats >= options.retry.repeats) return null
    if (pauseMs >= cut.remainingMs() || breaker.refusal() || !budget.spend()) return null
    report.repeats++
    return pauseMs
  }

  return {
    url,
    get state() {
      const { state, since } = standing
      return { state, since, circuit: breaker.circuit, running: slots.running, waiting: slots.waiting }
    },
    async send(body, call, report) {
      const cut = new Cut(call, timeoutMs)
      try {
        calls++
        budget.earn()
        for (;;) {
          let next: number | null
          try {
            const reply = await attempt(body, call, cut, report)
            next = again(pauseAfter(reply, report.repeats, options.retry), call, cut, report)
            if (next === null) return reply
          } catch (error) {
            next = isBroken(error) ? again(pause(report.repeats, options.retry.pauseMs), call, cut, report) : null
            if (next === null) throw error
          }
          await cut.sleep(next)
        }
      } catch (error) {
        throw failureOf(service, error, call.deadline, options)
      } finally {
        cut.clear()
        if (--calls === 0) closing?.()
      }
    },
    async close() {
      // Calls that wait or pause have yet to use the pool.
      if (calls > 0) await new Promise<void>((resolve) => (closing = resolve))
      await pool.close()
    },
    destroy: () => pool.destroy(),
  }
}

/** A status of 500 or more that is not the subgraph's own GraphQL answer. */
function isDown(reply: unknown): boolean {
  const { status, contentType } = reply as Reply
  return status >= 500 && !contentType?.startsWith('application/graphql-response+json')
}

/** Why there is no answer, for the log: with the address, which clients are not told. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof CutShort) return `it did not answer within ${timeoutMs} ms`
  const { message, code } = error as Error & { code?: string }
  return message || code || 'the connection failed'
}

/** Whether the connection failed, so that no answer came. */
function isBroken(error: unknown): boolean {
  return !(
    error instanceof SubgraphFailure ||
    error instanceof CutShort ||
    error instanceof Full ||
    error instanceof errors.InvalidArgumentError
  )
}

function failureOf(service: string, error: unknown, deadline: number, options: UpstreamOptions): SubgraphFailure {
  if (error instanceof SubgraphFailure) return error
  if (error instanceof Full) {
    const what = `${options.connections} requests are running and ${options.waiting} are waiting`
    return new SubgraphFailure('SUBGRAPH_OVERLOADED', service, `Subgraph "${service}" is not asked: ${what} already.`)
  }
  if (error instanceof errors.InvalidArgumentError) {
    const message = `Subgraph "${service}" was not asked: the request cannot be written as HTTP.`
    return new SubgraphFailure('SUBGRAPH_UNAVAILABLE', service, message, error)
  }
  if (error instanceof CutShort) return cutFailure(service, error.reason, deadline, options.timeoutMs)
  return new SubgraphFailure('SUBGRAPH_UNAVAILABLE', service, `Subgraph "${service}" cannot be reached.`, error)
}
