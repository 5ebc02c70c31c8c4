import type { Finding, Report } from '../report.ts'
import { byLevel } from './levels.ts'

const NOTES = 10 // that are listed; a change of many elements has hundreds

/** A report for people at a terminal: what fails, what warns, what is only noted, the operations, one line at the end. */
export function asText(report: Report): string {
  const { error, warning, note } = byLevel(report)
  const approved = note.filter(({ approval }) => approval !== null)
  const notes = note.filter(({ approval }) => approval === null)
  const affected = report.operations.filter(({ status }) => status !== 'unaffected')
  return [
    ...section('Failed', error.map(described)),
    ...section('Warnings', warning.map(described)),
    ...section('Approved', approved.map(described)),
    ...section('Notes', noted(notes)),
    ...section(
      'Operations',
      // An error that occurs at several places is one sentence each time.
      affected.map(({ client, name, status, errors }) =>
        [`${client}/${name}: ${status}`, ...new Set(errors)].join('\n      '),
      ),
    ),
    summaryOf(report, `${error.length} failed, ${warning.length} warnings, ${note.length} notes`),
    '',
  ].join('\n')
}

function summaryOf({ ok, base, operations }: Report, counts: string): string {
  const count = (status: string) => operations.filter((one) => one.status === status).length
  const against = base ? ` against ${base.ref} (${base.commit.slice(0, 12)})` : ''
  const states = `${count('broken')} broken, ${count('at risk')} at risk, ${count('unaffected')} unaffected`
  return `${ok ? 'Passed' : 'Failed'}${against}: ${counts}. ${operations.length} operations: ${states}.`
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), '']
}

function noted(notes: Finding[]): string[] {
  const lines = notes.slice(0, NOTES).map((one) => headOf(one).replace(/\s+/g, ' '))
  return notes.length > NOTES ? [...lines, `… and ${notes.length - NOTES} more (--format json)`] : lines
}

function headOf({ rule, message, place }: Finding): string {
  const within = place?.subgraph ? ` (${place.subgraph})` : ''
  const where = place ? `${place.file}:${place.line}:${place.column}${within}: ` : ''
  return `${where}${rule}: ${message}`
}

function described(finding: Finding): string {
  const { operations, approval, id } = finding
  return [
    headOf(finding),
    ...(operations.length > 0 ? [`hits ${operations.join(', ')}`] : []),
    ...(approval ? [`approved by ${approval.owner} until ${approval.expires}: ${approval.reason}`] : []),
    `id ${id}`,
  ].join('\n      ')
}
