import { join } from 'node:path'
import { peersFolder } from '../peers.ts'
import type { ServerCommand } from '../processes/server.ts'

/** A gateway as it is measured. */
export interface Contestant {
  name: 'ours' | 'stock' | 'hive' | 'bare'
  /** Whether identical requests in flight are answered together; `none`: it has no such thing. */
  sharing: 'off' | 'on' | 'none'
  /** What it is, and how its sharing was set. */
  how: string
  command: ServerCommand
}

/** What contestants are started with. */
export interface Files {
  supergraph: string
  /** The bytes that the bare server sends. */
  answer: string
}

const root = join(import.meta.dirname, '../../..')
const hiveCli = join(peersFolder, 'node_modules/@graphql-hive/gateway/dist/bin.js')
const server = (name: string) => join(import.meta.dirname, `../servers/${name}.ts`)
const production = { NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: '1' }

/** The names that `--only` knows. */
export const contestantNames: readonly string[] = ['ours', 'stock', 'hive', 'bare'] satisfies Contestant['name'][]

/** Every contestant in the order of a round; each is one process. */
export function contestants(files: Files): Contestant[] {
  return [
    { name: 'ours', sharing: 'off', how: 'SHARE_IN_FLIGHT=false', command: ours(files, { SHARE_IN_FLIGHT: 'false' }) },
    {
      name: 'stock',
      sharing: 'none',
      how: '@apollo/gateway in @apollo/server standalone, which shares nothing',
      command: stock(files),
    },
    {
      name: 'hive',
      sharing: 'off',
      how: 'Hive Gateway with its Rust planner; inbound and outbound deduplication false',
      command: hive(files, 'alone'),
    },
    { name: 'ours', sharing: 'on', how: 'as shipped', command: ours(files) },
    {
      name: 'hive',
      sharing: 'on',
      how: "Hive Gateway with its Rust planner; the public benchmark's configuration",
      command: hive(files, 'sharing'),
    },
    {
      name: 'bare',
      sharing: 'none',
      how: 'node:http that sends the bytes it has: the ceiling',
      command: bare(files),
    },
  ]
}

/** The flags of `npm run gateway`: short-lived objects of answers die before they are moved. */
const asShipped = ['--min-semi-space-size=32', '--max-semi-space-size=64', '--expose-gc'] as const

/** Our gateway, as shipped but for the settings given. */
export function ours({ supergraph }: Pick<Files, 'supergraph'>, settings: Record<string, string> = {}): ServerCommand {
  return {
    args: (port) => [
      ...asShipped,
      join(root, 'gateway/src/main.ts'),
      '--supergraph',
      supergraph,
      '--port',
      String(port),
    ],
    // In production it wants a secret that its subgraphs know it by; those of the bench answer anybody.
    environment: { ...production, LOG_LEVEL: 'warn', GATEWAY_SECRET: 'known-to-nobody-else', ...settings },
  }
}

/** Hive Gateway with a configuration of the peers' folder. */
export function hive(
  { supergraph }: Pick<Files, 'supergraph'>,
  config: 'alone' | 'sharing' | 'caching',
): ServerCommand {
  const options = ['--fork', '1', '--host', '127.0.0.1', '--config-path', join(peersFolder, `hive-${config}.mjs`)]
  return {
    args: (port) => [hiveCli, 'supergraph', supergraph, '--port', String(port), ...options],
    environment: { ...production, LOG_LEVEL: 'error' },
  }
}

/** `@apollo/gateway` as its documentation starts it. */
export function stock({ supergraph }: Pick<Files, 'supergraph'>): ServerCommand {
  return { args: (port) => [server('stock'), supergraph, String(port)], environment: production }
}

/** `node:http` that sends the answer. */
export function bare({ answer }: Pick<Files, 'answer'>): ServerCommand {
  return { args: (port) => [server('bare'), answer, String(port)], environment: production }
}
