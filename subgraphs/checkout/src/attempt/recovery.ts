import type { Logger } from '@commerce/service/log.ts'

const PAUSE_MS = 1_000
const BATCH = 10

/** What works under leases: it can take up what nobody works on any more. */
export interface Resuming {
  takeDue(limit: number): Promise<void>
  stop(): Promise<void>
}

/**
 * Looks every second for attempts and tasks that nobody works on any more (their process died, or what they waited for was away) and resumes
 * them.
 */
export function startRecovery(drivers: readonly Resuming[], log: Logger): { stop(): Promise<void> } {
  let stopping = false
  let wake = (): void => {}
  const loop = (async () => {
    while (!stopping) {
      for (const driver of drivers) {
        await driver.takeDue(BATCH).catch((error: unknown) => log.warn({ err: error }, 'work could not be resumed'))
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PAUSE_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })()
  return {
    async stop() {
      stopping = true
      wake()
      await loop
      await Promise.all(drivers.map((driver) => driver.stop()))
    },
  }
}
