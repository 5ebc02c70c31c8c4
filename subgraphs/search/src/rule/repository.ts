import type { Prisma } from '@commerce/prisma/search'
import type { Rule, RuleMatch, StoredBoost } from './rule.ts'

type Sql = Prisma.TransactionClient

/** All rules, by code. */
export async function readRules(sql: Sql): Promise<Rule[]> {
  return (await sql.merchandisingRule.findMany({ orderBy: { code: 'asc' } })).map(ruleOf)
}

/** Up to `limit + 1` rules by code, after or before one of them. */
export async function listRules(
  sql: Sql,
  { limit, backward, position }: { limit: number; backward: boolean; position: string | null },
): Promise<Rule[]> {
  const rows = await sql.merchandisingRule.findMany({
    ...(position === null ? {} : { where: { code: backward ? { lt: position } : { gt: position } } }),
    orderBy: { code: backward ? 'desc' : 'asc' },
    take: limit + 1,
  })
  return rows.map(ruleOf)
}

/** The rule with this code; null when there is none. */
export async function findRule(sql: Sql, code: string): Promise<Rule | null> {
  const row = await sql.merchandisingRule.findUnique({ where: { code } })
  return row ? ruleOf(row) : null
}

export async function countRules(sql: Sql): Promise<number> {
  return sql.merchandisingRule.count()
}

/** Writes a rule, whether it is there already or not. */
export async function writeRule(sql: Sql, { code, ...rule }: Rule): Promise<void> {
  const row = {
    ...rule,
    queries: [...rule.queries],
    categorySlugs: [...rule.categorySlugs],
    pins: [...rule.pins],
    buried: [...rule.buried],
    boosts: JSON.parse(JSON.stringify(rule.boosts)) as Prisma.InputJsonValue,
  }
  await sql.merchandisingRule.upsert({ where: { code }, create: { code, ...row }, update: row })
}

/** Whether there was one. */
export async function deleteRule(sql: Sql, code: string): Promise<boolean> {
  return (await sql.merchandisingRule.deleteMany({ where: { code } })).count > 0
}

type Row = Awaited<ReturnType<Sql['merchandisingRule']['findUniqueOrThrow']>>

function ruleOf({ match, boosts, ...row }: Row): Rule {
  return { ...row, match: match as RuleMatch, boosts: boosts as unknown as StoredBoost[] }
}
