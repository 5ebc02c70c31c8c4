import type { Finding, Report } from '../report.ts'
import { byLevel } from './levels.ts'

const SHOWN = 50 // rows of a table; a comment on a pull request has 65,536 characters at most

/** A report for a comment on a pull request. */
export function asMarkdown(report: Report): string {
  const { error, warning, note } = byLevel(report)
  const approved = note.filter(({ approval }) => approval !== null)
  const affected = report.operations.filter(({ status }) => status !== 'unaffected')
  const against = report.base ? ` against \`${report.base.ref}\`` : ''
  return [
    `## Schema check ${report.ok ? 'passed' : 'failed'}${against}`,
    '',
    `${error.length} failed, ${warning.length} warnings, ${note.length} notes; ${report.operations.length} operations, ${affected.length} of them affected.`,
    '',
    ...table('Failed', error),
    ...table('Warnings', warning),
    ...table('Approved', approved),
    ...operations(affected),
  ].join('\n')
}

function table(title: string, findings: Finding[]): string[] {
  if (findings.length === 0) return []
  return [
    `### ${title}`,
    '',
    '| Rule | What | Where | Operations | Id |',
    '| --- | --- | --- | --- | --- |',
    ...findings.slice(0, SHOWN).map((one) => {
      const place = one.place ? code(`${one.place.file}:${one.place.line}`) : ''
      const approval = one.approval
        ? ` Approved by ${one.approval.owner} until ${one.approval.expires}: ${one.approval.reason}`
        : ''
      const cells = [code(one.rule), cell(one.message + approval), place, cell(one.operations.join(', ')), code(one.id)]
      return `| ${cells.join(' | ')} |`
    }),
    ...(findings.length > SHOWN ? ['', `… and ${findings.length - SHOWN} more.`] : []),
    '',
  ]
}

function operations(affected: Report['operations']): string[] {
  if (affected.length === 0) return []
  const rows = affected.slice(0, SHOWN).map(({ client, name, status, errors }) => {
    return `| ${cell(client)} | ${cell(name)} | ${status} | ${cell([...new Set(errors)].join(' '))} |`
  })
  const more = affected.length > SHOWN ? ['', `… and ${affected.length - SHOWN} more.`] : []
  return [
    '### Operations',
    '',
    '| Client | Operation | Status | Errors |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...more,
    '',
  ]
}

/** Text that stays in its cell and is no markup: descriptions of a schema are anybody's words. */
function cell(text: string): string {
  return text.replace(/[\\`*_[\]<>|@#]/g, '\\$&').replace(/\s+/g, ' ')
}

function code(text: string): string {
  return `\`${text.replace(/[`|\n]/g, ' ')}\``
}
