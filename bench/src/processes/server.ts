import { leash } from '@commerce/local/leash.ts'
import { freePort } from '@commerce/local/ports.ts'
import { CannotRun } from '../bench.ts'
import { pinned } from './pin.ts'
import { childNaming } from './usage.ts'

/** How long a server may take until it answers. */
const START_MS = 60_000

/** A server under measurement. */
export interface Server {
  pid: number
  url: string
}

/** How a server is started: Node's arguments for a free port, and its whole environment. */
export interface ServerCommand {
  args(port: number): [string, ...string[]]
  environment: Readonly<Record<string, string>>
}

/**
 * Starts a server with this Node on a core and resolves when it answers HTTP. `whenDone` is given how to stop it before it
 * has started; it also ends with the bench, even if that is killed.
 * Rejects with what it printed when it ends or stays silent.
 */
export async function startServer(
  name: string,
  command: ServerCommand,
  core: number | null,
  whenDone: (stop: () => Promise<void>) => void,
): Promise<Server> {
  const port = await freePort()
  const args = command.args(port)
  const environment = Object.entries(command.environment).map(([key, value]) => `${key}=${value}`)
  // `env` and `taskset` become the server itself, so the shell's only such child is it.
  const server = leash('env', [...environment, ...pinned(core, [process.execPath, ...args])], { stopSignal: 'TERM' })
  whenDone(() => server.stop(3_000))
  const url = `http://127.0.0.1:${port}/graphql`
  let running = true
  server.exited.then(() => {
    running = false
  })
  const deadline = Date.now() + START_MS
  while (running && Date.now() < deadline) {
    const pid = childNaming(server.process.pid ?? 0, args[0])
    if (pid !== undefined && (await answers(url))) return { pid, url }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await server.stop(1_000)
  throw new CannotRun(`${name} did not start. It printed:\n${server.output().trim() || '(nothing)'}`)
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{__typename}"}',
      signal: AbortSignal.timeout(2_000),
    })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}
