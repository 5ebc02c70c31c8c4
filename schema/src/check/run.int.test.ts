import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'schema-check-'))
const home = process.cwd()
process.chdir(folder)
afterAll(() => {
  process.chdir(home)
  rmSync(folder, { recursive: true })
})

const schema = 'type Query { "A." a: Int "B." b: Int }'
const manifest = { format: 'apollo-persisted-query-manifest', version: 1 }

function git(...args: string[]): string {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com']
  return execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' })
}

function file(name: string, content: string | object): void {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
}

const check = (...args: string[]) => run(['--list', 'graph/supergraph.yaml', ...args], '2026-06-15')

file('graph/supergraph.yaml', 'subgraphs: { a: { routing_url: http://a/graphql, schema: { file: ../a.graphql } } }')
file('a.graphql', schema)
file('graph/operations/web/flat.json', { '1': 'query A { a }' })
file('graph/operations/app/apollo.json', {
  ...manifest,
  operations: [{ id: '2', name: 'B', type: 'query', body: 'query B { b }' }],
})
git('init', '-q')
git('add', '.')
git('commit', '-q', '-m', 'base')

beforeEach(() => {
  git('checkout', '-q', '.')
  git('clean', '-qfd')
})

test('compares the working tree with a commit, and writes several formats', async () => {
  file('a.graphql', 'type Query { "A." a: Int }')
  const { code, out, err } = await check(
    '--base',
    'HEAD',
    '--format',
    'text',
    '--format',
    'json',
    '--out',
    'report.json',
  )
  expect([code, err]).toEqual([1, ''])
  expect(out).toContain("a.graphql:1:6 (a): FIELD_REMOVED: Field 'b' was removed from object type 'Query'.")
  expect(out).toContain('hits app/B')
  expect(out).toContain('app/B: broken')
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  expect(report).toMatchObject({
    version: 1,
    ok: false,
    base: { ref: 'HEAD', commit: git('rev-parse', 'HEAD').trim() },
  })
})

test('passes when nothing changed, as a command', () => {
  const command = [join(import.meta.dirname, 'main.ts'), '--list', 'graph/supergraph.yaml', '--base', 'HEAD']
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^Passed against HEAD \(\w{12}\): 0 failed, 0 warnings, 0 notes\. 2 operations: /)
})

test('passes when a change lands together with the client change that it needs', async () => {
  const client = (body: string) =>
    file('graph/operations/app/apollo.json', { ...manifest, operations: [{ id: '2', body }] })
  file('a.graphql', 'type Query { "A." a: Int "B." b("X." x: Int!): Int }')
  expect(await check('--base', 'HEAD')).toMatchObject({ code: 1 })
  client('query B { b(x: 1) }')
  expect(await check('--base', 'HEAD')).toMatchObject({ code: 0, err: '' })
})

test('a schema that is not in the commit is told in one line', async () => {
  file('graph/other.yaml', 'subgraphs: { b: { routing_url: http://b/graphql, schema: { file: b.graphql } } }')
  file('graph/b.graphql', schema)
  const { code, err } = await run(['--base', 'HEAD', '--list', 'graph/other.yaml'], '2026-06-15')
  expect(code).toBe(2)
  expect(err).toMatch(/^In --base HEAD \(\w{12}\): graph\/other\.yaml is not there\.\n$/)
})

test.each<[string[], string, () => void]>([
  [[], '--base <git ref> is needed', () => {}],
  [['--base', 'nope'], '--base nope is no commit here', () => {}],
  [['--base', '--all'], "Option '--base' argument is ambiguous", () => {}],
  [['--bse', 'x'], "Unknown option '--bse'", () => {}],
  [['--base', 'HEAD', '--format', 'pdf'], '--format pdf is not one of text', () => {}],
  [['--base', 'HEAD', '--out', 'x'], '--out x needs a --format before it', () => {}],
  [['--base', 'HEAD', '--config', 'none.yaml'], 'none.yaml cannot be read: there is no such file.', () => {}],
  [['--base', 'HEAD'], 'a.graphql:1:14: Syntax Error', () => file('a.graphql', 'type Query { !')],
  [
    ['--base', 'HEAD'],
    'graph/operations/web/flat.json is not JSON: ',
    () => file('graph/operations/web/flat.json', '{\n\n x\n}'),
  ],
  [
    ['--base', 'HEAD'],
    'graph/operations/web/flat.json: "1" is not a document\'s text',
    () => file('graph/operations/web/flat.json', { '1': 2 }),
  ],
  [
    ['--base', 'HEAD'],
    'flat.json: "1", line 1, column 3: Syntax Error',
    () => file('graph/operations/web/flat.json', { '1': '{ !' }),
  ],
  [['--base', 'HEAD'], 'flat.json has the format "x"', () => file('graph/operations/web/flat.json', { format: 'x' })],
  [
    ['--base', 'HEAD'],
    'operations[0] needs "id" and "body"',
    () => file('graph/operations/web/flat.json', { ...manifest, operations: [null] }),
  ],
  [
    ['--base', 'HEAD'],
    'graph/checks.yaml: policy.dangerous: expected fail, warn or allow, got "maybe".',
    () => file('graph/checks.yaml', 'policy: { dangerous: maybe }'),
  ],
  [
    ['--base', 'HEAD'],
    'graph/checks.yaml: policy.rules.TAG_ADDED: expected fail, warn or allow, got null.',
    () => file('graph/checks.yaml', 'policy: { rules: { TAG_ADDED: } }'),
  ],
  [
    ['--base', 'HEAD'],
    'graph/checks.yaml: policy.rules.FIELD_REMOVEDD is not known',
    () => file('graph/checks.yaml', 'policy: { rules: { FIELD_REMOVEDD: warn } }'),
  ],
  [
    ['--base', 'HEAD'],
    'graph/checks.yaml: clients.web.contract is "no"',
    () => file('graph/checks.yaml', 'clients: { web: { contract: no } }'.replace('no }', '"no" }')),
  ],
  [['--base', 'HEAD'], 'graph/approvals/x.yaml: reason: ', () => file('graph/approvals/x.yaml', 'change: x')],
  [
    ['--base', 'HEAD'],
    'graph/approvals/x.yaml: expires: expected a day',
    () => file('graph/approvals/x.yaml', 'change: x\nreason: a long enough one\nowner: me\nexpires: soon'),
  ],
])('says in one line what is wrong with %j: %s', async (args, message, prepare) => {
  prepare()
  const { code, out, err } = await check(...args)
  expect([code, out]).toEqual([2, ''])
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).toContain(message)
})
