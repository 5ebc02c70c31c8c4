import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface ProcessOptions {
  name: string
  /** The TypeScript file to run. */
  script: string
  env: Record<string, string | undefined>
  /** Where everything it prints goes. */
  logFile: string
  /** Told a warning or an error, one line each. */
  report(line: string): void
  /** Told when it keeps dying and is given up. */
  givenUp(): void
}

export interface Supervised {
  url: string
  stop(): Promise<void>
}

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 12_000
const RESTARTS = { most: 5, withinMs: 60_000 }
const WARN = 40 // pino's level numbers: 40 warn, 50 error, 60 fatal

/**
 * Runs one of the graph's processes: resolves with its address when it is ready, starts it again on the same port when it dies,
 * gives up after five deaths in a minute. The process ends by itself when this one is gone.
 */
export async function supervise(options: ProcessOptions): Promise<Supervised> {
  const { name, report } = options
  const log = createWriteStream(options.logFile, { flags: 'w' })
  const deaths: number[] = []
  let stopping = false
  let url: string | undefined
  let current: { child: ChildProcess; exited: Promise<void> }

  function run(): Promise<string> {
    const port = url ? { PORT: new URL(url).port } : {}
    const child = spawn(process.execPath, [options.script], {
      env: { ...options.env, ...port },
      detached: true, // Ctrl-C reaches only us: we stop the processes in order
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.once('error', () => resolve())
    })
    current = { child, exited }
    let lastWords = ''
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output as NodeJS.ReadableStream }).on('line', (line) => {
        log.write(`${line}\n`)
        const warning = readable(line)
        if (!warning) return
        lastWords = warning
        if (url && !stopping) report(`${name}: ${warning}`)
      })
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        reject(new Error(`${name} was not ready within ${START_LIMIT_MS / 1000} s; see ${options.logFile}`))
      }, START_LIMIT_MS)
      child.once('message', (message: { ready: string }) => {
        clearTimeout(timer)
        resolve(message.ready)
      })
      void exited.then(() => {
        clearTimeout(timer)
        reject(new Error(`${name} did not start: ${lastWords || `see ${options.logFile}`}`))
        if (url && !stopping) void again()
      })
    })
  }

  async function again(): Promise<void> {
    const now = Date.now()
    deaths.push(now)
    while ((deaths[0] ?? now) < now - RESTARTS.withinMs) deaths.shift()
    if (deaths.length > RESTARTS.most) {
      report(`${name} ended ${RESTARTS.most} times within a minute; see ${options.logFile}`)
      return options.givenUp()
    }
    report(`${name} ended and is started again`)
    await new Promise((resolve) => setTimeout(resolve, 200 * deaths.length))
    if (!stopping) await run().catch((error: Error) => report(error.message))
  }

  url = await run()
  return {
    url,
    async stop() {
      stopping = true
      const { child, exited } = current
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
        await exited
        clearTimeout(timer)
      }
      log.end()
    },
  }
}

/** A warning of a JSON log line, or a line that is not JSON (a crash); undefined for what a person need not see. */
function readable(line: string): string | undefined {
  if (line.trim() === '') return undefined
  if (!line.startsWith('{')) return line
  try {
    const { level, msg, err } = JSON.parse(line) as { level: number; msg?: string; err?: { message: string } }
    return level >= WARN ? [...new Set([msg, err?.message])].filter(Boolean).join(': ') : undefined
  } catch {
    return line
  }
}
