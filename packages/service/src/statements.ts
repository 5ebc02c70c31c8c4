import { createHash } from 'node:crypto'

/** Texts that get a name: each costs memory in every connection, and texts that a list's length varies have no end. */
const most = 500

/**
 * Names statements by their text, so that PostgreSQL parses and plans each once for a connection instead of every time. For the option
 * `statementNameGenerator` of `PrismaPg`. What comes after the first 500 texts stays without a name, and is planned each time. No named statement may
 * ask for all columns (`*`): PostgreSQL refuses it once a migration has added one.
 */
export function statementNames(): (statement: { sql: string }) => string {
  const names = new Map<string, string>()
  return ({ sql }) => {
    const known = names.get(sql)
    // The driver takes the empty name for none.
    if (known !== undefined || names.size >= most) return known ?? ''
    const name = createHash('sha1').update(sql).digest('base64url')
    names.set(sql, name)
    return name
  }
}

/**
 * Settings (`options` of a connection) for named statements: their plans are kept, and one that was made while a table was nearly empty has to be good
 * when it has grown. So indexes are used wherever there are any, and a plan is made once, whatever the first values were.
 */
export const KEPT_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off'
