import type { Report } from '../report.ts'
import { levelOf, told } from './levels.ts'

/** JUnit XML: a test for each finding and each operation; what fails the check is a failure. */
export function asJunit(report: Report): string {
  const findings = report.findings.map((finding) => {
    const { rule, id, place } = finding
    const at = place ? ` file="${xml(place.file)}" line="${place.line}"` : ''
    const open = `    <testcase classname="${xml(rule)}" name="${xml(id)}"${at}`
    if (levelOf(finding) !== 'error') return `${open}/>`
    return `${open}><failure message="${xml(told(finding))}"/></testcase>`
  })
  const failed = report.findings.filter((finding) => levelOf(finding) === 'error').length
  const operations = report.operations.map(({ client, id, name, status }) => {
    return `    <testcase classname="${xml(client)}" name="${xml(`${name} (${id}): ${status}`)}"/>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="schema check">',
    `  <testsuite name="findings" tests="${findings.length}" failures="${failed}">`,
    ...findings,
    '  </testsuite>',
    `  <testsuite name="operations" tests="${operations.length}" failures="0">`,
    ...operations,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
}

function xml(text: string): string {
  // XML has no way to write the other control characters.
  return text.replace(/(?![\t\n\r])\p{Cc}/gu, ' ').replace(/[&<>"'\n]/g, (one) => entities[one] ?? one)
}
