import type { PrismaClient } from '@commerce/prisma/search'
import { lockRevision } from '../discovery/repository.ts'
import { countSynonyms, deleteSynonym, findSynonym, writeSynonym } from './repository.ts'
import {
  isSameSynonym,
  MAX_SYNONYMS,
  type Refusal,
  refuseSynonym,
  type StoredSynonym,
  type SynonymCode,
  type SynonymWish,
} from './synonym.ts'

export interface SynonymResult {
  synonym: StoredSynonym | null
  userErrors: Refusal<SynonymCode>[]
}

export interface Deletion {
  deletedCode: string | null
  userErrors: Refusal<'VERSION_CONFLICT'>[]
}

export type SynonymService = ReturnType<typeof createSynonymService>

/** What staff do with synonyms. `changed` is awaited after each change, before it is answered. */
export function createSynonymService(database: PrismaClient, changed: () => Promise<void>) {
  return {
    /** Makes or replaces a synonym; the same again changes nothing. */
    async set(wish: SynonymWish): Promise<SynonymResult> {
      const refusal = refuseSynonym(wish)
      if (refusal) return { synonym: null, userErrors: [refusal] }
      const result = await database.$transaction(async (tx) => {
        const bump = await lockRevision(tx, 'synonyms')
        const known = await findSynonym(tx, wish.code)
        const conflict = refuseVersion(wish.code, known?.version ?? 0, wish.expectedVersion)
        if (conflict) return { synonym: null, userErrors: [conflict] }
        if (known && isSameSynonym(known, wish)) return { synonym: known, userErrors: [] }
        if (!known && (await countSynonyms(tx)) >= MAX_SYNONYMS) return { synonym: null, userErrors: [full] }
        const { code, terms, replacements = null } = wish
        const synonym = { code, terms, replacements, version: (known?.version ?? 0) + 1 }
        await writeSynonym(tx, synonym)
        await bump()
        return { synonym, userErrors: [] }
      })
      await changed()
      return result
    },

    /** Takes a synonym away; one that is not there is gone already. */
    async delete({ code, expectedVersion }: { code: string; expectedVersion?: number | null }): Promise<Deletion> {
      const result = await database.$transaction(async (tx) => {
        const bump = await lockRevision(tx, 'synonyms')
        const known = await findSynonym(tx, code)
        const conflict = known && refuseVersion(code, known.version, expectedVersion)
        if (conflict) return { deletedCode: null, userErrors: [conflict] }
        if (await deleteSynonym(tx, code)) await bump()
        return { deletedCode: code, userErrors: [] }
      })
      await changed()
      return result
    },
  }
}

const full: Refusal<'TOO_MANY_SYNONYMS'> = {
  code: 'TOO_MANY_SYNONYMS',
  field: ['code'],
  message: `There are ${MAX_SYNONYMS.toLocaleString('en')} synonyms, the most there can be: take one away first.`,
}

/** Whether somebody else was faster; shared by rules and synonyms. */
export function refuseVersion(
  code: string,
  version: number,
  expected: number | null | undefined,
): Refusal<'VERSION_CONFLICT'> | null {
  if (expected == null || expected === version) return null
  const message = `"${code}" has version ${version}, expected was ${expected}: read it again and decide again.`
  return { code: 'VERSION_CONFLICT', field: ['expectedVersion'], message }
}
