import type { Finding, Report } from '../report.ts'
import { fails } from '../report.ts'

/** A report for people at a terminal: what fails, what warns, the operations, one line at the end. */
export function asText(report: Report): string {
  const failing = report.findings.filter(fails)
  const approved = report.findings.filter(({ approval }) => approval !== null)
  const warnings = report.findings.filter(({ outcome }) => outcome === 'warn')
  const safe = report.findings.length - failing.length - approved.length - warnings.length
  const affected = report.operations.filter(({ status }) => status !== 'unaffected')
  return [
    ...section('Failed', failing.map(described)),
    ...section('Warnings', warnings.map(described)),
    ...section('Approved', approved.map(described)),
    ...section(
      'Operations',
      affected.map(({ client, name, status, errors }) => [`${client}/${name}: ${status}`, ...errors].join('\n      ')),
    ),
    summaryOf(report, { failing: failing.length, warnings: warnings.length, safe }),
    '',
  ].join('\n')
}

function summaryOf(
  { ok, base, operations }: Report,
  counts: { failing: number; warnings: number; safe: number },
): string {
  const count = (status: string) => operations.filter((one) => one.status === status).length
  const against = base ? ` against ${base.ref} (${base.commit.slice(0, 12)})` : ''
  const ops = `${operations.length} operations: ${count('broken')} broken, ${count('at risk')} at risk, ${count('unaffected')} unaffected`
  const { failing, warnings, safe } = counts
  return `${ok ? 'Passed' : 'Failed'}${against}: ${failing} failed, ${warnings} warnings, ${safe} safe. ${ops}.`
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), '']
}

function described({ rule, message, place, operations, approval, id }: Finding): string {
  const where = place
    ? `${place.file}:${place.line}:${place.column}${place.subgraph ? ` (${place.subgraph})` : ''}: `
    : ''
  return [
    `${where}${rule}: ${message}`,
    ...(operations.length > 0 ? [`hits ${operations.join(', ')}`] : []),
    ...(approval ? [`approved by ${approval.owner} until ${approval.expires}: ${approval.reason}`] : []),
    `id ${id}`,
  ].join('\n      ')
}
