import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'

/** One process of the shop, with the ways in which a machine can treat it. It ends when this process ends, however that happens. */
export interface ShopProcess {
  readonly name: string
  /** Its address, the same after each start. */
  readonly url: string
  /** Whether it runs; false after it was killed, or ended by itself. */
  readonly running: boolean
  /** Starts it (again) and resolves when it answers. Rejects when it does not within a minute. */
  start(): Promise<void>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Stops it in the middle of whatever it does, for some seconds; resolves when it goes on. */
  freeze(seconds: number): Promise<void>
  /** Sends it a message, and resolves when it has sent one back. */
  tell(message: object): Promise<void>
  stop(): Promise<void>
}

const START_LIMIT_MS = 60_000

/** A process of the graph; `args` are Node's, from its options to the script. */
export function shopProcess(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  logFile: string,
): ShopProcess {
  const log = createWriteStream(logFile)
  let url = ''
  let child: ChildProcess | undefined
  let exited: Promise<unknown> = Promise.resolve()

  return {
    name,
    get url() {
      return url
    },
    get running() {
      return child?.exitCode === null && child.signalCode === null
    },
    start() {
      const PORT = url ? new URL(url).port : '0'
      const started = spawn(process.execPath, args, {
        env: { ...environment, PORT },
        detached: true, // Ctrl-C reaches only us: we stop the processes in order
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      child = started
      for (const output of [started.stdout, started.stderr]) output?.pipe(log, { end: false })
      exited = new Promise((resolve) => started.once('exit', resolve).once('error', resolve))
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          started.kill('SIGKILL')
          reject(new Error(`${name} was not ready within ${START_LIMIT_MS / 1000} s; see ${logFile}.`))
        }, START_LIMIT_MS)
        started.once('message', (message: { ready: string }) => {
          clearTimeout(timer)
          url = message.ready
          resolve()
        })
        void exited.then(() => {
          clearTimeout(timer)
          reject(new Error(`${name} ended before it was ready; see ${logFile}.`))
        })
      })
    },
    async kill() {
      child?.kill('SIGKILL')
      await exited
    },
    async freeze(seconds) {
      // A shell wakes it up even when we are gone by then.
      const script = `kill -STOP ${child?.pid}; sleep ${seconds}; kill -CONT ${child?.pid}`
      const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' })
      await new Promise((resolve) => shell.once('exit', resolve).once('error', resolve))
    },
    async tell(message) {
      const told = child
      if (!told) throw new Error(`${name} was not started.`)
      const answered = new Promise<unknown>((resolve) => told.once('message', resolve))
      told.send(message)
      await Promise.race([answered, exited])
    },
    async stop() {
      child?.kill('SIGKILL') // it has nothing that anybody needs
      await exited
      log.end()
    },
  }
}
