import { type Finding, fails, type Report } from '../report.ts'

/** What a finding is to a reader. */
export type Level = 'error' | 'warning' | 'note'

/** How much a finding matters: an approved one is a note. */
export function levelOf(finding: Finding): Level {
  if (fails(finding)) return 'error'
  return finding.outcome === 'warn' ? 'warning' : 'note'
}

/** The findings of a report by how much they matter. */
export function byLevel({ findings }: Report): Record<Level, Finding[]> {
  const of = (level: Level) => findings.filter((one) => levelOf(one) === level)
  return { error: of('error'), warning: of('warning'), note: of('note') }
}

/** The message with the operations that it hits. */
export function told({ message, operations }: Finding): string {
  return operations.length > 0 ? `${message} Hits ${operations.join(', ')}.` : message
}
