import type { Logger } from '@commerce/service/log.ts'

export interface ForgettingOptions {
  /** What is forgotten, for the log: `"reservations"`. */
  what: string
  /** Deletes up to `limit` rows that are old enough; answers how many it were. */
  forget(limit: number): Promise<number>
  /** How many rows one statement may delete (1,000): short enough to be in nobody's way. */
  batch?: number
  log: Logger
}

export interface Forgetting {
  /** Stops after the batch that is under way. */
  stop(): Promise<void>
}

const HOUR_MS = 3_600_000

/** Forgets what is old, now and every hour, so that it does not pile up. */
export function startForgetting({ what, forget, batch = 1_000, log }: ForgettingOptions): Forgetting {
  let stopping = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    try {
      while ((await forget(batch)) === batch && !stopping);
    } catch (error) {
      log.warn({ err: error }, `old ${what} could not be forgotten; it is tried again in an hour`)
    }
  }
  // What takes longer than an hour is not started twice.
  function start(): void {
    running ??= run().finally(() => {
      running = undefined
    })
  }
  start()
  const timer = setInterval(start, HOUR_MS)
  return {
    async stop() {
      stopping = true
      clearInterval(timer)
      await running
    },
  }
}
