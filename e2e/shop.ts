import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder, whenDone } from '@commerce/local/testing.ts'
import { createClient } from 'graphql-ws'

/** The project's root folder. */
export const root = join(import.meta.dirname, '..')

/** A graph that was started as a newcomer starts it: `npm start`. */
export interface Shop {
  /** The gateway's address. */
  url: string
  folder: string
  /** What it printed. */
  printed(): string
  process: ChildProcess
  /** Ends it with a signal, as a terminal sends it, and waits; answers the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Runs an npm script of the project; the environment is what a shell would give, plus `env`. */
export function npm(args: string[], env: Record<string, string> = {}): ChildProcess {
  const { PATH, HOME } = process.env
  // A process group of its own: a signal to it is what Ctrl-C in a terminal is.
  return spawn('npm', args, {
    cwd: root,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
}

/** Runs an npm script to its end; answers its exit code and everything it printed. */
export async function runNpm(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  const child = npm(args, env)
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  child.stderr?.on('data', (chunk) => (output += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { code, output }
}

/** `npm start` on a data folder of its own and a free port; resolves when it says that it is ready. */
export async function startShop(folder = scratchFolder('shop'), env: Record<string, string> = {}): Promise<Shop> {
  const child = npm(['start', '--silent'], { DATA_DIR: folder, PORT: '0', ...env })
  let output = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal)
    return exited
  }
  whenDone(() => end('SIGTERM'))
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk
      const address = /GraphQL +(http\S+)\/graphql/.exec(output)?.[1]
      if (address) resolve(address)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    void exited.then((code) => reject(new Error(`npm start ended with ${code}: ${output}`)))
  })
  return { url, folder, printed: () => output, process: child, end }
}

/** One more gateway over the same subgraphs and events, as a replica of the one that `npm start` runs. */
export async function startReplica(shop: Shop): Promise<Pick<Shop, 'url'>> {
  const environment = readFileSync(`/proc/${processOf(shop, 'gateway/src/main.ts')}/environ`, 'utf8')
  const entries = environment.split('\0').map((entry) => entry.split(/=(.*)/s).slice(0, 2))
  const child = fork(join(root, 'gateway/src/main.ts'), {
    cwd: root,
    env: { ...Object.fromEntries(entries.filter(([name]) => name)), PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  whenDone(async () => {
    child.kill('SIGTERM')
    await exited
  })
  const [message] = await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error('the replica of the gateway ended before it was ready'))),
  ])
  return { url: (message as { ready: string }).ready }
}

/** The token with every staff scope that `npm start` leaves in its data folder. */
export function staffToken(shop: Shop): string {
  return readFileSync(join(shop.folder, 'staff-token'), 'utf8')
}

export type Answer = {
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the test's own query says
  data: any
  errors?: { message: string; path?: (string | number)[]; extensions?: { code?: string } }[]
}

/** One operation over HTTP, anonymous or with a token. */
export async function ask(
  shop: Pick<Shop, 'url'>,
  query: string,
  variables: object = {},
  token?: string,
): Promise<Answer> {
  const response = await fetch(`${shop.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer
}

/** A subscription over a real WebSocket, anonymous or with a token, with what has arrived so far; an error that ended it is the last. */
export function subscribe(
  shop: Pick<Shop, 'url'>,
  query: string,
  variables: object = {},
  token?: string,
): { payloads: Answer[] } {
  const client = createClient({
    url: `${shop.url.replace('http', 'ws')}/graphql`,
    connectionParams: token ? { authorization: `Bearer ${token}` } : undefined,
  })
  const payloads: Answer[] = []
  client.subscribe<never>(
    { query, variables: { ...variables } },
    {
      next: (payload) => payloads.push(payload as unknown as Answer),
      error: (error) =>
        payloads.push({ data: null, errors: Array.isArray(error) ? error : [{ message: JSON.stringify(error) }] }),
      complete() {},
    },
  )
  // When the shop has ended first, the client is busy reconnecting and says so.
  whenDone(async () => Promise.resolve(client.dispose()).catch(() => {}))
  return { payloads }
}

/** The process of a shop that runs this file. */
export function processOf(shop: Pick<Shop, 'folder'>, script: string): number {
  const found = processesOf(shop).find((line) => line.split(' ')[1]?.endsWith('node') && line.includes(script))
  if (!found) throw new Error(`nothing runs ${script}`)
  return Number(found.split(' ')[0])
}

/** The processes of a shop that live: servers by the data folder in their command line, the others by the environment they were given. */
export function processesOf(shop: Pick<Shop, 'folder'>): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const [command, environment] = [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`)]
      if (pid === String(process.pid) || !command) return []
      return command.includes(shop.folder) || environment.includes(`DATA_DIR=${shop.folder}`)
        ? [`${pid} ${command.replaceAll('\0', ' ')}`]
        : []
    })
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
