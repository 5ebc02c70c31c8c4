import { expect, test } from 'vitest'
import { finding } from '../findings.ts'
import type { Report } from '../report.ts'
import { formats } from './formats.ts'

const place = { file: 'subgraphs/catalog/schema.graphql', line: 12, column: 3, subgraph: 'catalog' }
const approval = { change: 'b', reason: 'agreed with everybody', owner: 'shop', expires: '2026-12-31', file: 'x.yaml' }
const twice = ['Cannot query field "x".', 'Cannot query field "x".'] // the same sentence for two places
const report: Report = {
  version: 1,
  ok: false,
  base: { ref: 'main', commit: '0123456789abcdef' },
  findings: [
    finding({
      id: 'a',
      rule: 'FIELD_REMOVED',
      outcome: 'fail',
      message: 'Field "<x>" | `y`, 100%\ngone.',
      place,
      operations: ['web/Page'],
    }),
    { ...finding({ id: 'b', rule: 'KEY_REMOVED', outcome: 'fail', message: 'The key went.', place }), approval },
    finding({ id: 'c', rule: 'TAG_ADDED', outcome: 'warn', message: 'A tag.', place: null }),
    finding({ id: 'd', rule: 'FIELD_ADDED', outcome: 'allow', message: 'A field.', place }),
  ],
  changes: [],
  operations: [
    { client: 'web', id: '1', name: 'Page', status: 'broken', changes: ['a'], errors: twice },
    { client: 'web', id: '2', name: 'Other', status: 'unaffected', changes: [], errors: [] },
  ],
}
const as = (format: string) => formats[format]?.(report) ?? ''

test('text tells what fails, warns and is approved, the operations, and one line in the end', () => {
  expect(as('text')).toBe(`Failed:
  subgraphs/catalog/schema.graphql:12:3 (catalog): FIELD_REMOVED: Field "<x>" | \`y\`, 100%
gone.
      hits web/Page
      id a

Warnings:
  TAG_ADDED: A tag.
      id c

Approved:
  subgraphs/catalog/schema.graphql:12:3 (catalog): KEY_REMOVED: The key went.
      approved by shop until 2026-12-31: agreed with everybody
      id b

Notes:
  subgraphs/catalog/schema.graphql:12:3 (catalog): FIELD_ADDED: A field.

Operations:
  web/Page: broken
      Cannot query field "x".

Failed against main (0123456789ab): 1 failed, 1 warnings, 2 notes. 2 operations: 1 broken, 0 at risk, 1 unaffected.
`)
})

test('text lists ten notes, one line each, and counts the others', () => {
  const notes = Array.from({ length: 12 }, (_, index) =>
    finding({ id: `n${index}`, rule: 'FIELD_ADDED', outcome: 'allow', message: `Field\n${index}.`, place: null }),
  )
  const text = formats.text?.({ ...report, findings: notes }) ?? ''
  const lines = text.split('\n').slice(0, 13)
  expect(lines.slice(0, 2)).toEqual(['Notes:', '  FIELD_ADDED: Field 0.'])
  expect(lines.slice(10)).toEqual(['  FIELD_ADDED: Field 9.', '  … and 2 more (--format json)', ''])
})

test('Markdown keeps foreign words in their cells', () => {
  const text = as('markdown')
  expect(text).toContain('## Schema check failed against `main`')
  expect(text).toContain(
    '| `FIELD_REMOVED` | Field "\\<x\\>" \\| \\`y\\`, 100% gone. | `subgraphs/catalog/schema.graphql:12` | web/Page | `a` |',
  )
  expect(text).toContain('| web | Page | broken | Cannot query field "x". |')
  expect(text).toContain('Approved by shop until 2026-12-31')
})

test('JSON is the report', () => {
  expect(JSON.parse(as('json'))).toEqual(report)
})

test('GitHub gets one command a line, whatever the message', () => {
  const lines = as('github').trim().split('\n')
  const at = 'file=subgraphs/catalog/schema.graphql,line=12,col=3,'
  expect(lines).toEqual([
    `::error ${at}title=FIELD_REMOVED::Field "<x>" | \`y\`, 100%25%0Agone. Hits web/Page. (a)`,
    `::notice ${at}title=KEY_REMOVED::The key went. (b)`,
    '::warning title=TAG_ADDED::A tag. (c)',
  ])
})

test('JUnit has a test for each finding and operation', () => {
  const text = as('junit')
  expect(text).toContain('<testsuite name="findings" tests="4" failures="1">')
  expect(text).toContain('<failure message="Field &quot;&lt;x&gt;&quot; | `y`, 100%&#10;gone. Hits web/Page."/>')
  expect(text).toContain('<testcase classname="web" name="Page (1): broken"/>')
})

test('SARIF has rules, places, fingerprints and suppressions', () => {
  const { version, runs } = JSON.parse(as('sarif'))
  expect(version).toBe('2.1.0')
  expect(runs[0].tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual([
    'FIELD_ADDED',
    'FIELD_REMOVED',
    'KEY_REMOVED',
    'TAG_ADDED',
  ])
  expect(runs[0].results.map(({ level }: { level: string }) => level)).toEqual(['error', 'note', 'warning', 'note'])
  expect(runs[0].results[0]).toMatchObject({ ruleIndex: 1, partialFingerprints: { changeId: 'a' } })
  expect(runs[0].results[0].locations[0].physicalLocation.region).toEqual({ startLine: 12, startColumn: 3 })
  expect(runs[0].results[1].suppressions).toEqual([{ kind: 'external', justification: 'agreed with everybody' }])
})
