import type { Logger } from '@commerce/service/log.ts'

const HOUR_MS = 3_600_000

/** Calls `forget` now and every hour, so that remembered answers do not pile up. */
export function startForgetting(forget: () => Promise<number>, log: Logger): { stop(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve()
  const run = (): void => {
    running = forget().catch((error: unknown) =>
      log.warn({ err: error }, 'old idempotency keys could not be forgotten'),
    )
  }
  run()
  const timer = setInterval(run, HOUR_MS)
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
