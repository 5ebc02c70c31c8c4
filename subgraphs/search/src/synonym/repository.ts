import type { Prisma } from '@commerce/prisma/search'
import type { StoredSynonym } from './synonym.ts'

type Sql = Prisma.TransactionClient

/** All synonyms, by code. */
export async function readSynonyms(sql: Sql): Promise<StoredSynonym[]> {
  return (await sql.searchSynonym.findMany({ orderBy: { code: 'asc' } })).map(synonymOf)
}

/** Up to `limit + 1` synonyms by code, after or before one of them. */
export async function listSynonyms(
  sql: Sql,
  { limit, backward, position }: { limit: number; backward: boolean; position: string | null },
): Promise<StoredSynonym[]> {
  const rows = await sql.searchSynonym.findMany({
    ...(position === null ? {} : { where: { code: backward ? { lt: position } : { gt: position } } }),
    orderBy: { code: backward ? 'desc' : 'asc' },
    take: limit + 1,
  })
  return rows.map(synonymOf)
}

/** The synonym with this code; null when there is none. */
export async function findSynonym(sql: Sql, code: string): Promise<StoredSynonym | null> {
  const row = await sql.searchSynonym.findUnique({ where: { code } })
  return row ? synonymOf(row) : null
}

export async function countSynonyms(sql: Sql): Promise<number> {
  return sql.searchSynonym.count()
}

/** Writes a synonym, whether it is there already or not. */
export async function writeSynonym(sql: Sql, { code, terms, replacements, version }: StoredSynonym): Promise<void> {
  const row = { terms: [...terms], replacements: [...(replacements ?? [])], version }
  await sql.searchSynonym.upsert({ where: { code }, create: { code, ...row }, update: row })
}

/** Whether there was one. */
export async function deleteSynonym(sql: Sql, code: string): Promise<boolean> {
  return (await sql.searchSynonym.deleteMany({ where: { code } })).count > 0
}

interface Row {
  code: string
  terms: string[]
  replacements: string[]
  version: number
}

function synonymOf({ code, terms, replacements, version }: Row): StoredSynonym {
  return { code, terms, replacements: replacements.length > 0 ? replacements : null, version }
}
