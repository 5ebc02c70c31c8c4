import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gatewayEnvironment } from './config.ts'
import { help } from './help.ts'

const read = Object.keys(gatewayEnvironment.shape)
/** Not in the schema: one for each subgraph, and one that the exporter reads by itself. */
const readElsewhere = ['SUBGRAPH_URL_<NAME>', 'OTEL_EXPORTER_OTLP_HEADERS']

/** The names in the first column of the tables whose head is "environment". */
function tabled(file: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
  const tables = text.split('\n\n').filter((block) => /^\| environment +\|/.test(block))
  return tables.flatMap((table) => table.split('\n').flatMap((row) => namesIn(row.split('|')[1] ?? '')))
}

function namesIn(text: string): string[] {
  return text.match(/\b[A-Z][A-Z_]+(<NAME>)?(?![a-z])/g) ?? []
}

test('the help and the README name every setting that is read, and no other', () => {
  const all = [...read, ...readElsewhere].sort()
  expect(tabled('gateway/README.md').sort()).toEqual(all)
  const settings = help.slice(help.indexOf('Settings come from'))
  expect(
    namesIn(settings)
      .filter((name) => name.includes('_') || all.includes(name))
      .sort(),
  ).toEqual(all)
})

test('docs/gateway.md tells only of settings that the README has', () => {
  const all = tabled('gateway/README.md')
  const told = tabled('docs/gateway.md')
  expect(told.length).toBeGreaterThan(5)
  expect(told.filter((name) => !all.includes(name))).toEqual([])
})
