import { z } from 'zod'
import { firstIssue, parseYaml } from './config.ts'

const day = z.iso.date('expected a day such as 2026-12-31')
const schema = z.strictObject({
  change: z.string().min(1),
  reason: z.string().min(10, 'expected a reason of at least 10 characters'),
  owner: z.string().min(1),
  expires: day,
})

/** A person's word, in git, that a finding may pass until the end of a day. */
export interface Approval {
  /** The finding's id. */
  change: string
  reason: string
  owner: string
  /** The last day it holds, `YYYY-MM-DD`. */
  expires: string
  file: string
}

/** The approvals of one file: one, or a list. Throws one sentence that says what is missing. */
export function readApprovals(text: string, file: string): Approval[] {
  const parsed = parseYaml(text, file)
  const entries = Array.isArray(parsed) ? parsed : [parsed]
  return entries.map((entry, index) => {
    const { success, data, error } = schema.safeParse(entry)
    const which = Array.isArray(parsed) ? `approval ${index + 1}: ` : ''
    if (!success) throw new Error(`${file}: ${which}${firstIssue(error)}; it needs change, reason, owner and expires.`)
    return { ...data, file }
  })
}

/** Whether the approval no longer holds on a day, `YYYY-MM-DD`. */
export function isExpired({ expires }: Approval, today: string): boolean {
  return expires < today
}
