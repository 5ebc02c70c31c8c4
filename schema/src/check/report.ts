import type { Approval } from './approvals.ts'
import type { Change } from './change.ts'
import type { Outcome } from './config.ts'
import type { Place } from './graph.ts'

/** Something that the check has to say, with what it does to the check. */
export interface Finding {
  /** Approvals name it; the same in each run for the same thing. */
  id: string
  /** A change kind, a hazard, a lint rule, or the check's own: in capitals, or `lint/<rule>`. */
  rule: string
  outcome: Outcome
  message: string
  place: Place | null
  /** The operations that it is about, as `<client>/<name>`. */
  operations: string[]
  /** Who lets it pass; then it does not fail. */
  approval: Approval | null
}

export type OperationStatus = 'broken' | 'at risk' | 'unaffected'

/** What the change means for one operation. */
export interface OperationReport {
  client: string
  id: string
  name: string
  status: OperationStatus
  /** Ids of the findings that it meets. */
  changes: string[]
  errors: string[]
}

/** All that one run found; `version` grows when a field is renamed or removed. */
export interface Report {
  version: 1
  ok: boolean
  /** What was compared with: the ref as it was given, and its commit. */
  base: { ref: string; commit: string } | null
  findings: Finding[]
  changes: Change[]
  operations: OperationReport[]
}

/** Whether a finding makes the check fail. */
export function fails({ outcome, approval }: Finding): boolean {
  return outcome === 'fail' && approval === null
}
