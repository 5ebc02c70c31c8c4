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
    { name: 'ours', sharing: 'off', how: 'SHARE_IN_FLIGHT=false', command: ours(files, false) },
    {
      name: 'stock',
      sharing: 'none',
      how: '@apollo/gateway in @apollo/server standalone, which shares nothing',
      command: { args: (port) => [server('stock'), files.supergraph, String(port)], environment: production },
    },
    {
      name: 'hive',
      sharing: 'off',
      how: 'Hive Gateway with its Rust planner; inbound and outbound deduplication false',
      command: hive(files, 'alone'),
    },
    { name: 'ours', sharing: 'on', how: 'as shipped', command: ours(files, true) },
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
      command: { args: (port) => [server('bare'), files.answer, String(port)], environment: production },
    },
  ]
}

/** The flags of `npm run gateway`: short-lived objects of answers die before they are moved. */
const asShipped = ['--min-semi-space-size=32', '--max-semi-space-size=64'] as const

function ours({ supergraph }: Files, share: boolean): ServerCommand {
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
    environment: {
      ...production,
      LOG_LEVEL: 'warn',
      SHARE_IN_FLIGHT: String(share),
      GATEWAY_SECRET: 'known-to-nobody-else',
    },
  }
}

function hive({ supergraph }: Files, config: 'alone' | 'sharing'): ServerCommand {
  const options = ['--fork', '1', '--host', '127.0.0.1', '--config-path', join(peersFolder, `hive-${config}.mjs`)]
  return {
    args: (port) => [hiveCli, 'supergraph', supergraph, '--port', String(port), ...options],
    environment: { ...production, LOG_LEVEL: 'error' },
  }
}
