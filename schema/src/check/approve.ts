import { type Approval, isExpired } from './approvals.ts'
import { finding } from './findings.ts'
import type { Finding } from './report.ts'

/** Puts the approvals to the findings that they name; one that has expired is a finding that fails, one for nothing warns. */
export function approve(findings: readonly Finding[], approvals: readonly Approval[], today: string): Finding[] {
  const holding = approvals.filter((approval) => !isExpired(approval, today))
  const judged = findings.map((one) => {
    // What does not compose cannot be let pass: there would be no graph.
    const isOpen = one.outcome === 'fail' && !one.id.startsWith('composition/')
    const approval = isOpen ? holding.find(({ change }) => change === one.id) : undefined
    return { ...one, approval: approval ?? null }
  })
  const used = new Set(judged.flatMap(({ id, approval }) => (approval ? [id] : [])))
  return [...judged, ...approvals.flatMap((approval) => ofApproval(approval, used, today))]
}

function ofApproval(approval: Approval, used: ReadonlySet<string>, today: string): Finding[] {
  const { change, owner, expires, file } = approval
  const place = { file, line: 1, column: 1 }
  if (isExpired(approval, today)) {
    const message = `The approval of "${change}" by ${owner} expired on ${expires}: renew it, or remove the file when the change is merged.`
    return [finding({ id: `approval/${change}`, rule: 'APPROVAL_EXPIRED', outcome: 'fail', message, place })]
  }
  if (used.has(change)) return []
  const message = `The approval of "${change}" by ${owner} lets nothing pass: remove the file.`
  return [finding({ id: `approval/${change}`, rule: 'APPROVAL_UNUSED', outcome: 'warn', message, place })]
}
