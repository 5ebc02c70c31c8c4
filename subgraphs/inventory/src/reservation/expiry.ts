import type { Logger } from '@commerce/service/log.ts'

export interface ExpiryOptions {
  /** What ends, for the log: `"overdue reservations"`. */
  what: string
  /** Expires what is overdue, up to a batch; answers how many it were. */
  expireOverdue(): Promise<number>
  /** Milliseconds until the next one is overdue; null when there is none. */
  untilNext(): Promise<number | null>
  batch: number
  log: Logger
  /** The longest pause (1 s): holds that another process made are found this way. */
  pollMs?: number
}

export interface Expiry {
  /** A hold was made that ends then: be awake. */
  expect(expiresAt: Date): void
  stop(): Promise<void>
}

// While somebody else is working on all that is overdue, there is no hurry.
const REST_MS = 50

/** Ends holds (or whatever has a time) when their time is over, to the millisecond. Any number of processes may do this side by side. */
export function startExpiry({ what, expireOverdue, untilNext, batch, log, pollMs = 1_000 }: ExpiryOptions): Expiry {
  let stopping = false
  let alarmAt = 0
  let ring = (): void => {}

  const loop = (async () => {
    while (!stopping) {
      // What is expected while the pause is computed must not be slept over.
      alarmAt = Number.POSITIVE_INFINITY
      let missed = false
      ring = () => {
        missed = true
      }
      const pause = await work()
      if (!stopping && !missed) await sleep(pause)
    }
  })()

  async function work(): Promise<number> {
    try {
      let ended = batch
      while (!stopping && ended === batch) ended = await expireOverdue()
      const next = Math.min(Math.ceil((await untilNext()) ?? pollMs), pollMs)
      if (next > 0) return next
      return ended > 0 ? 0 : REST_MS
    } catch (error) {
      log.warn({ err: error }, `${what} could not be ended; it is tried again`)
      return pollMs
    }
  }

  function sleep(ms: number): Promise<void> {
    alarmAt = Date.now() + ms
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      ring = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    expect(expiresAt) {
      if (expiresAt.getTime() < alarmAt && expiresAt.getTime() < Date.now() + pollMs) ring()
    },
    async stop() {
      stopping = true
      ring()
      await loop
    },
  }
}
