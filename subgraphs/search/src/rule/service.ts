import type { PrismaClient } from '@commerce/prisma/search'
import { lockRevision } from '../discovery/repository.ts'
import { type Deletion, refuseVersion } from '../synonym/service.ts'
import { countRules, deleteRule, findRule, writeRule } from './repository.ts'
import { isSameRule, MAX_RULES, type Rule, type RuleRefusal, type RuleWish, ruleFrom } from './rule.ts'

export interface RuleResult {
  rule: Rule | null
  userErrors: RuleRefusal[]
}

export type RuleService = ReturnType<typeof createRuleService>

/** What staff do with rules. `changed` is awaited after each change, before it is answered. */
export function createRuleService(database: PrismaClient, shopCurrency: string, changed: () => Promise<void>) {
  return {
    /** Makes or replaces a rule; the same again changes nothing. */
    async set(wish: RuleWish): Promise<RuleResult> {
      const checked = ruleFrom(wish, shopCurrency)
      if ('refusal' in checked) return { rule: null, userErrors: [checked.refusal] }
      const result = await database.$transaction(async (tx) => {
        const bump = await lockRevision(tx, 'rules')
        const known = await findRule(tx, wish.code)
        const conflict = refuseVersion(wish.code, known?.version ?? 0, wish.expectedVersion)
        if (conflict) return { rule: null, userErrors: [conflict] }
        if (known && isSameRule(known, checked.rule)) return { rule: known, userErrors: [] }
        if (!known && (await countRules(tx)) >= MAX_RULES) return { rule: null, userErrors: [full] }
        const rule = { ...checked.rule, version: (known?.version ?? 0) + 1 }
        await writeRule(tx, rule)
        await bump()
        return { rule, userErrors: [] }
      })
      await changed()
      return result
    },

    /** Takes a rule away; one that is not there is gone already. */
    async delete({ code, expectedVersion }: { code: string; expectedVersion?: number | null }): Promise<Deletion> {
      const result = await database.$transaction(async (tx) => {
        const bump = await lockRevision(tx, 'rules')
        const known = await findRule(tx, code)
        const conflict = known && refuseVersion(code, known.version, expectedVersion)
        if (conflict) return { deletedCode: null, userErrors: [conflict] }
        if (await deleteRule(tx, code)) await bump()
        return { deletedCode: code, userErrors: [] }
      })
      await changed()
      return result
    },
  }
}

const full: RuleRefusal = {
  code: 'TOO_MANY_RULES',
  field: ['code'],
  message: `There are ${MAX_RULES.toLocaleString('en')} rules, the most there can be: take one away first.`,
}
