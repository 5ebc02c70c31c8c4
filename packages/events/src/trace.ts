import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'

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
  // Asking for randomness is slow, however little one asks for.
  if (used + 24 > random.length) {
    randomFillSync(random)
    used = 0
  }
  const trace = random.toString('hex', used, used + 16)
  const span = random.toString('hex', used + 16, used + 24)
  used += 24
  return `00-${trace}-${span}-01`
}

const random = Buffer.alloc(24 * 256)
let used = random.length
