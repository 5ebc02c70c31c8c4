import { bare, hive, ours, stock } from '../gateway/contestants.ts'
import type { ServerCommand } from '../processes/server.ts'

/** A gateway as it is measured while things change. */
export interface Contestant {
  name: 'ours' | 'ours-search-asked' | 'ours-off' | 'stock' | 'hive' | 'bare'
  how: string
  /** Whether it shows what is written. */
  shows: boolean
  /** Whether it answers a repeated query without asking a subgraph. */
  keeps: boolean
  command: ServerCommand
}

/** What contestants are started with. */
export interface Files {
  /** Without caching directives; with those of the scenario; with those of the shop, when that differs. */
  plain: string
  tagged: string
  declared: string | null
  /** The bytes that the bare server sends. */
  answer: string
  natsUrl: string
}

/** The names that `--only` knows. */
export const contestantNames: readonly string[] = [
  'ours',
  'ours-search-asked',
  'ours-off',
  'stock',
  'hive',
  'bare',
] satisfies Contestant['name'][]

/** Every contestant in the order of a round; each is one process. */
export function contestants({ plain, tagged, declared, answer, natsUrl }: Files): Contestant[] {
  const feed = { NATS_URL: natsUrl }
  return [
    {
      name: 'ours',
      how: 'as shipped, with events; all that the query asks may be kept',
      shows: true,
      keeps: true,
      command: ours({ supergraph: tagged }, feed),
    },
    ...(declared === null
      ? []
      : [
          {
            name: 'ours-search-asked',
            how: "as shipped, with events, on the shop's own directives: search is asked every time",
            shows: true,
            keeps: false,
            command: ours({ supergraph: declared }, feed),
          } as const,
        ]),
    {
      name: 'ours-off',
      how: 'CACHE_MB=0; identical requests in flight are shared, as shipped',
      shows: true,
      keeps: false,
      command: ours({ supergraph: tagged }, { ...feed, CACHE_MB: '0' }),
    },
    {
      name: 'stock',
      how: '@apollo/gateway in @apollo/server standalone, which keeps nothing',
      shows: true,
      keeps: false,
      command: stock({ supergraph: plain }),
    },
    {
      name: 'hive',
      how: 'Hive Gateway with its Rust planner and response cache: 1 s, dropped by its own mutations',
      shows: true,
      keeps: true,
      command: hive({ supergraph: plain }, 'caching'),
    },
    {
      name: 'bare',
      how: 'node:http that sends the first bytes for ever; the writes go to the subgraph',
      shows: false,
      keeps: true,
      command: bare({ answer }),
    },
  ]
}
