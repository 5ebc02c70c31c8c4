import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { natsBinary } from './binaries.ts'
import { SetupError } from './failure.ts'
import { makeFolder } from './folder.ts'
import { leash } from './leash.ts'
import { freePort } from './ports.ts'

export interface NatsOptions {
  /** Where the server keeps its streams and its configuration. */
  folder: string
  password: string
  /** A port to come back on after a restart; otherwise a free one. */
  port?: number
  /** Where what the server prints is kept. */
  logFile?: string
}

export interface LocalNats {
  port: number
  folder: string
  url: string
  exited: Promise<number | null>
  stop(): Promise<void>
  /** Ends the server as a power cut would: no farewell to its clients. */
  kill(): Promise<void>
}

const START_LIMIT_MS = 120_000 // reading large streams again takes its time

/** Starts the NATS server that npm installed, with JetStream, on loopback, with a password. Ready when it accepts connections. */
export async function startNats(options: NatsOptions): Promise<LocalNats> {
  const port = options.port ?? (await freePort())
  makeFolder(options.folder)
  const config = join(options.folder, 'nats.conf')
  writeFileSync(config, configuration(port, options), { mode: 0o600 })
  const pidFile = join(options.folder, 'nats.pid')
  const server = leash(natsBinary(options.folder), ['-c', config, '-P', pidFile], {
    stopSignal: 'TERM',
    logFile: options.logFile,
  })
  const started = await Promise.race([untilListening(port), server.exited.then(() => false)])
  if (!started) {
    await server.stop()
    throw new SetupError(`The NATS server did not start: ${server.output().trim().split('\n').at(-1) ?? 'no output'}`)
  }
  return {
    port,
    folder: options.folder,
    url: `nats://commerce:${options.password}@127.0.0.1:${port}`,
    exited: server.exited,
    stop: () => server.stop(),
    async kill() {
      if (server.process.pid) process.kill(-server.process.pid, 'SIGKILL')
      await server.exited
    },
  }
}

function configuration(port: number, { folder, password }: NatsOptions): string {
  return `host: "127.0.0.1"
port: ${port}
server_name: "commerce"
max_payload: 1MB
jetstream { store_dir: ${JSON.stringify(join(folder, 'streams'))}, max_memory_store: 64MB, max_file_store: 20GB }
authorization { user: "commerce", password: ${JSON.stringify(password)} }
`
}

async function untilListening(port: number): Promise<boolean> {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; ) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('close', () => resolve(false))
      socket.unref()
      setTimeout(() => socket.destroy(), 500).unref()
    })
    if (open) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}
