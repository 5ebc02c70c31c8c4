import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

const storage = new AsyncLocalStorage<string>()
const FORM = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Runs `work` under a W3C trace context; a missing or malformed `traceparent` starts a new trace. */
export function withTrace<T>(traceparent: unknown, work: () => T): T {
  return storage.run(typeof traceparent === 'string' && FORM.test(traceparent) ? traceparent : newTraceparent(), work)
}

/** The `traceparent` of the work that is running, or undefined outside of `withTrace`. */
export function currentTraceparent(): string | undefined {
  return storage.getStore()
}

/** A `traceparent` header value that starts a trace (W3C Trace Context, level 1). */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
}
