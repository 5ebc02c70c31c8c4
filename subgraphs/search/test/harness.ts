import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { compileCache, eventually, whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import type { SearchCluster } from '../src/engine/cluster.ts'
import { searchConfig, start } from '../src/server.ts'
import { type Answer, type Asking, createWorld, type World } from './world.ts'

export type { Answer } from './world.ts'

/** A search subgraph in this process, in a world of its own. */
export interface Harness extends World {
  url: string
  stop(): Promise<void>
  /** Waits until all that was published is in the index. */
  indexed(limitMs?: number): Promise<void>
  graphql<T>(query: string, variables?: object, scopes?: readonly string[], asking?: Asking): Promise<Answer<T>>
}

/** `cluster`: where the index is, instead of in this process. */
export async function startHarness(given?: World, cluster?: SearchCluster): Promise<Harness> {
  const world = given ?? (await createWorld())
  const { environment, stored, ask } = world
  const running = await start(searchConfig.parse(environment), createLog('search', environment.LOG_LEVEL), cluster)
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= running.stop()
    return stopping
  }
  whenDone(stop)
  await ready(running.url)
  return {
    ...world,
    url: running.url,
    stop,
    // What is in the store is searched as soon as a request says that it has seen it.
    indexed: stored,
    graphql: (query, variables, scopes, asking) => ask(running.url, query, variables, { scopes, ...asking }),
  }
}

/** A search subgraph in a process of its own, which the test may kill. */
export interface Process {
  url: string
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Ends it politely. */
  stop(): Promise<void>
}

/** Answers once it is ready to be asked. */
export async function startProcess({ environment }: World, settings: Record<string, string> = {}): Promise<Process> {
  const child = fork(new URL('../src/main.ts', import.meta.url), {
    env: { PATH: process.env.PATH, ...compileCache, ...environment, ...settings },
    stdio: 'inherit',
  })
  whenDone(() => end(child, 'SIGTERM'))
  const failed = once(child, 'exit').then(() => {
    throw new Error('The process ended before it was ready.')
  })
  const [message] = await Promise.race([once(child, 'message'), failed])
  const { ready: url } = message as { ready: string }
  await ready(url)
  return { url, kill: () => end(child, 'SIGKILL'), stop: () => end(child, 'SIGTERM') }
}

/** Waits until a process says that it is ready to be asked. */
export async function ready(url: string, limitMs = 20_000): Promise<void> {
  await eventually('search is ready', async () => (await fetch(`${url}/health/ready`)).ok, limitMs)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
