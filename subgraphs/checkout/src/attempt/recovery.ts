import type { Logger } from '@commerce/service/log.ts'
import type { Driver } from './driver.ts'

const PAUSE_MS = 1_000
const BATCH = 10

/** Looks every second for attempts that nobody works on any more (their process died, or what they waited for was away) and resumes them. */
export function startRecovery(driver: Driver, log: Logger): { stop(): Promise<void> } {
  let stopping = false
  let wake = (): void => {}
  const loop = (async () => {
    while (!stopping) {
      await driver.takeDue(BATCH).catch((error: unknown) => log.warn({ err: error }, 'attempts could not be resumed'))
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
      await driver.stop()
    },
  }
}
