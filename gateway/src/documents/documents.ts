import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { StartError } from '@commerce/service/config.ts'
import type { Logger } from '@commerce/service/log.ts'
import type { DocumentNode } from 'graphql'
import type { Asked } from '../supergraph/plans.ts'
import { readRecorded } from '../supergraph/recorded.ts'
import {
  type AskedDocument,
  type TrustedDocuments,
  type TrustedText,
  type TrustMode,
  textOf,
  trustedIn,
} from './trust.ts'

/** The documents that clients are known to ask, and the mode in which they are trusted. */
export interface Documents {
  readonly mode: TrustMode
  /** Operations that are planned before clients ask for them. */
  readonly recorded: readonly Asked[]
  /** The text that a request runs, and counts the request. Throws as `textOf` does. */
  admit(asked: AskedDocument, operationName: string | null | undefined): TrustedText
  /** Counts a request that was admitted before and comes again. */
  again(admitted: Pick<TrustedText, 'unknown'>): void
  readonly counts: DocumentCounts
  /** Tells whenever other documents are trusted: what was admitted before has to be admitted again. */
  onReplaced(listener: () => void): void
  /** Begins to look at the folder. */
  watch(): void
  close(): void
}

/** Requests by their document, and changes of the folder by what came of them. */
export interface DocumentCounts {
  trusted: number
  unknown: number
  refused: number
  /** Documents with an id. */
  ids: number
  replaced: number
  kept: number
}

/** What documents are read from and judged by. */
export interface DocumentOptions {
  /** The folder of recorded operations; null is none. */
  folder: string | null
  mode: TrustMode
  /** How often the folder is looked at, in milliseconds; 0 is never. */
  watchMs: number
  /** Parses a client's text within limits; throws a GraphQLError. */
  parse(text: string): DocumentNode
  log: Logger
}

/** An audit names this many unknown documents, then no more. */
const mostTold = 1_000
/** A folder is only looked at as far as it is read. */
const mostFiles = 10_000

/**
 * Reads the folder of recorded operations; `watch`, unless the mode is off, reads it again whenever its files change. Rejects with a
 * `StartError` when it cannot be read, or holds nothing while only what it holds may run.
 */
export async function openDocuments({ folder, mode, watchMs, parse, log }: DocumentOptions): Promise<Documents> {
  const counts: DocumentCounts = { trusted: 0, unknown: 0, refused: 0, ids: 0, replaced: 0, kept: 0 }
  const listeners: (() => void)[] = []
  const told = new Set<string>()
  let seen = folder !== null && mode !== 'off' ? await signatureOf(folder) : ''
  let last = seen
  const first = await readRecorded(folder)
  for (const problem of first.problems) log.warn(problem)
  let { operations } = first
  let trusted: TrustedDocuments = { byId: new Map(), fingerprints: new Set() }
  let timer: NodeJS.Timeout | undefined
  let closed = mode === 'off'
  if (mode !== 'off') {
    trusted = await trustedIn(first, turn)
    counts.ids = trusted.byId.size
    const nothing = nothingIn(trusted)
    if (nothing)
      throw new StartError(`No request could be answered with TRUSTED_DOCUMENTS=${mode}: ${folder} ${nothing}.`)
  }

  /** Why nothing of these documents could run; null when something can. */
  function nothingIn({ byId, fingerprints }: TrustedDocuments): string | null {
    if (mode === 'id-only' && byId.size === 0) return 'holds no manifest with ids'
    return mode === 'safelist' && fingerprints.size === 0 ? 'holds no operations' : null
  }

  function watch(): void {
    if (watchMs > 0 && !closed) timer = setTimeout(() => void look().finally(watch), watchMs).unref()
  }

  async function look(): Promise<void> {
    const now = await signatureOf(folder as string)
    const isSettled = now === last
    last = now
    // Files that are being written are not read before they look the same twice.
    if (now === seen || !isSettled || closed) return
    seen = now
    try {
      const newest = await readRecorded(folder)
      const next = await trustedIn(newest, turn)
      const problem = newest.problems[0] ?? nothingIn(next)
      if (problem) throw new Error(problem)
      if (closed) return
      trusted = next
      operations = newest.operations
      counts.ids = next.byId.size
      counts.replaced++
      for (const tell of listeners) tell()
      log.info(`The trusted documents in ${folder} are replaced: ${operations.length} operations, ${counts.ids} ids.`)
    } catch (error) {
      counts.kept++
      const reason = (error as Error).message.replace(/\.$/, '')
      log.error(`The trusted documents in ${folder} are not replaced, the old ones stay: ${reason}.`)
    }
  }

  function tell(unknown: string, operationName: string | null | undefined): void {
    if (told.has(unknown) || told.size >= mostTold) return
    told.add(unknown)
    log.warn({ operationName: operationName ?? null, sha256: unknown }, 'a document that is not trusted runs')
    if (told.size === mostTold) log.warn(`${mostTold} documents that are not trusted ran: no more of them are named.`)
  }

  function count({ unknown }: Pick<TrustedText, 'unknown'>): void {
    if (unknown === null) counts.trusted++
    else counts.unknown++
  }

  return {
    mode,
    get recorded() {
      return operations
    },
    counts,
    admit(asked, operationName) {
      try {
        const admitted = textOf(mode, trusted, asked, parse)
        count(admitted)
        if (admitted.unknown !== null) tell(admitted.unknown, operationName)
        return admitted
      } catch (error) {
        counts.refused++
        throw error
      }
    },
    again: count,
    watch,
    onReplaced(listener) {
      listeners.push(listener)
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

/** What changes with the files of a folder: their names, sizes and times. */
async function signatureOf(folder: string): Promise<string> {
  try {
    const files = (await readdir(folder, { recursive: true })).sort().slice(0, mostFiles)
    const seen: string[] = []
    for (const file of files) {
      const found = await stat(join(folder, file))
      if (found.isFile()) seen.push(`${file} ${found.size} ${found.mtimeMs}`)
    }
    return seen.join('\n')
  } catch (error) {
    // Whoever reads it will say so.
    return (error as Error).message
  }
}
