import { ConfigError, StartError } from './config.ts'
import type { Logger } from './log.ts'

/** A running process: what it answers on, and how it ends. */
export interface Running {
  url: string
  stop(): Promise<void>
}

const STOP_LIMIT_MS = 10_000
// The servers die with the parent: there is nobody left to say goodbye to, and the next start wants the port.
const ORPHAN_LIMIT_MS = 1_000

/**
 * Runs a process to its end: starts it, prints one readiness line, stops it on SIGINT or SIGTERM, or when the process
 * that forked it is gone. A start that fails is one sentence, with exit code 2 for a wrong setting and 1 for all else.
 */
export async function runProcess(log: Logger, start: () => Promise<Running>): Promise<void> {
  let running: Running
  try {
    running = await start()
  } catch (error) {
    tellFailedStart(log, error)
    if (process.connected) process.disconnect()
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 2_000).unref() // whatever the failed start left open
    return
  }
  log.info({ url: running.url }, 'ready')
  if (process.connected) process.send?.({ ready: running.url })

  let stopping = false
  const stop = async (reason: string, limitMs = STOP_LIMIT_MS): Promise<void> => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    setTimeout(() => {
      log.error(`did not stop within ${limitMs} ms`)
      process.kill(process.pid, 'SIGKILL')
    }, limitMs).unref()
    await running.stop().catch((error: unknown) => log.error({ err: error }, 'stopping failed'))
    if (process.connected) process.disconnect()
  }
  process.once('SIGINT', () => void stop('SIGINT'))
  process.once('SIGTERM', () => void stop('SIGTERM'))
  process.once('disconnect', () => void stop('parent gone', ORPHAN_LIMIT_MS))
}

/** Says why a process cannot start, and sets its exit code: in plain words to a terminal, else as a line of the log; with a stack only what nobody expected. */
export function tellFailedStart(log: Logger, error: unknown): void {
  const { message } = error as Error
  if (!(error instanceof StartError)) log.fatal({ err: error }, message)
  else if (process.stderr.isTTY) process.stderr.write(`${message}\n`)
  else log.fatal(message)
  process.exitCode = error instanceof ConfigError ? 2 : 1
}
