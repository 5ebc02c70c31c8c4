import type { Report } from '../report.ts'
import { levelOf, told } from './levels.ts'

/** SARIF 2.1.0 for code scanning: an approved finding is suppressed, its fingerprint is its id. */
export function asSarif({ findings }: Report): string {
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort()
  const results = findings.map((finding) => {
    const { rule, id, place, approval } = finding
    return {
      ruleId: rule,
      ruleIndex: rules.indexOf(rule),
      level: levelOf(finding),
      message: { text: told(finding) },
      partialFingerprints: { changeId: id },
      locations: place ? [located(place)] : [],
      ...(approval ? { suppressions: [{ kind: 'external', justification: approval.reason }] } : {}),
    }
  })
  const driver = { name: 'schema-check', rules: rules.map((id) => ({ id })) }
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results }],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function located({ file, line, column }: { file: string; line: number; column: number }) {
  const uri = file.split('/').map(encodeURIComponent).join('/')
  return { physicalLocation: { artifactLocation: { uri }, region: { startLine: line, startColumn: column } } }
}
