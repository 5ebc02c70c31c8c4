import type { Open } from './contestant.ts'

/** What is compared, opened only when it is asked for: a peer's code is not loaded otherwise. */
export const contestants = {
  ours: async () => (await import('./ours.ts')).openOurs,
  minisearch: async () => (await import('./minisearch.ts')).openMiniSearch,
  orama: async () => (await import('./orama.ts')).openOrama,
  postgres: async () => (await import('./postgres.ts')).openPostgres,
  sqlite: async () => (await import('./sqlite.ts')).openSqlite,
  random: async () => (await import('./random.ts')).openRandom,
} as const satisfies Record<string, () => Promise<Open>>

export type ContestantName = keyof typeof contestants

/** Those that the goals speak of. */
export const DEFAULT_CONTESTANTS: readonly ContestantName[] = ['ours', 'minisearch', 'orama', 'random']
