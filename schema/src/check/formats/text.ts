import type { Finding, Report } from '../report.ts'
import { byLevel } from './levels.ts'

/** A report for people at a terminal: what fails, what warns, the operations, one line at the end. */
export function asText(report: Report): string {
  const { error, warning, note } = byLevel(report)
  const approved = note.filter(({ approval }) => approval !== null)
  const affected = report.operations.filter(({ status }) => status !== 'unaffected')
  return [
    ...section('Failed', error.map(described)),
    ...section('Warnings', warning.map(described)),
    ...section('Approved', approved.map(described)),
    ...section(
      'Operations',
      affected.map(({ client, name, status, errors }) => [`${client}/${name}: ${status}`, ...errors].join('\n      ')),
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

function described({ rule, message, place, operations, approval, id }: Finding): string {
  const within = place?.subgraph ? ` (${place.subgraph})` : ''
  const where = place ? `${place.file}:${place.line}:${place.column}${within}: ` : ''
  return [
    `${where}${rule}: ${message}`,
    ...(operations.length > 0 ? [`hits ${operations.join(', ')}`] : []),
    ...(approval ? [`approved by ${approval.owner} until ${approval.expires}: ${approval.reason}`] : []),
    `id ${id}`,
  ].join('\n      ')
}
