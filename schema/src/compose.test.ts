import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'compose-'))
afterAll(() => rmSync(folder, { recursive: true }))

function compose(...args: string[]) {
  const main = join(import.meta.dirname, 'compose.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, env: {} })
  return { code: status, out: String(stdout), err: String(stderr) }
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])'
const list = (schema: string) => `subgraphs: { a: { routing_url: http://a/graphql, schema: { file: ${schema} } } }`

test('composes a list of its own into a file of its own', () => {
  file('a.graphql', `${link} type Query { thing: Thing } type Thing @key(fields: "id") { id: ID! }`)
  const config = file('own.yaml', list('a.graphql'))
  expect(compose('--config', config, '--out', 'own.graphql')).toEqual({ code: 0, out: 'own.graphql: a\n', err: '' })
  const text = readFileSync(join(folder, 'own.graphql'), 'utf8')
  expect(text).toContain('from the schemas in own.yaml')
  expect(text).toContain('A @join__graph(name: "a", url: "http://a/graphql")')
  expect(compose('--config', config, '--out', 'own.graphql', '--check').code).toBe(0)
  file('own.graphql', 'changed')
  expect(compose('--config', config, '--out', 'own.graphql', '--check')).toMatchObject({
    code: 1,
    err: 'own.graphql is not what own.yaml composes to: run "npm run compose" without --check and commit it.\n',
  })
})

test('says where it does not compose, and writes nothing', () => {
  file('bad.graphql', `${link} type Query { thing: Thing } type Thing @key(fields: "no") { id: ID! }`)
  const { code, err } = compose('--config', file('bad.yaml', list('bad.graphql')), '--out', 'bad-out.graphql')
  expect(code).toBe(1)
  expect(err).toContain('bad.graphql:1:')
  expect(err).toContain('The subgraphs do not compose; nothing is written to bad-out.graphql.')
})

test.each([
  [['--confg', 'x'], "Unknown option '--confg'. See --help."],
  [['x'], "Unexpected argument 'x'. This command does not take positional arguments. See --help."],
  [['--config', 'x.yaml'], '--config needs --out, so that the supergraph of this project stays. See --help.'],
  [['--config', 'none.yaml', '--out', 'x'], 'none.yaml cannot be read: there is no such file.'],
  [['--config', '.', '--out', 'x'], ' cannot be read: it is a folder.'],
  [
    ['--config', 'empty.yaml', '--out', 'x'],
    'empty.yaml lists no subgraphs: it needs "subgraphs:" with at least one name.',
  ],
  [['--config', 'half.yaml', '--out', 'x'], 'half.yaml: the subgraph "a" needs "routing_url: <address>" and'],
  [['--config', 'tabs.yaml', '--out', 'x'], 'tabs.yaml is not YAML: '],
  [['--config', 'gone.yaml', '--out', 'x'], 'gone.graphql cannot be read: there is no such file.'],
  [['--config', 'text.yaml', '--out', 'x'], 'text.graphql:1:1: Syntax Error: '],
])('says in one line what is wrong with %j', (args, message) => {
  file('empty.yaml', '')
  file('half.yaml', 'subgraphs: { a: { routing_url: http://a } }')
  file('tabs.yaml', 'subgraphs:\n\t- }')
  file('gone.yaml', list('gone.graphql'))
  file('text.graphql', 'hello')
  file('text.yaml', list('text.graphql'))
  const { code, out, err } = compose(...args)
  expect([code, out]).toEqual([2, ''])
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).toContain(message)
})

const contracts = (yaml: string) => `${list('a.graphql')}\ncontracts: ${yaml}`

test('writes contracts into what it composes', () => {
  file(
    'a.graphql',
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"]) type Query { x: Int y: Int @tag(name: "staff") }',
  )
  expect(
    compose('--config', file('parts.yaml', contracts('{ shop: { exclude: [staff] } }')), '--out', 'parts.graphql').code,
  ).toBe(0)
  expect(readFileSync(join(folder, 'parts.graphql'), 'utf8')).toContain('@contract(name: "shop", exclude: ["staff"])')
})

test.each([
  ['[shop]', 'contracts: Invalid input: expected record, received array.'],
  ['{ shop: { without: [staff] } }', 'contracts.shop: Unrecognized key: "without".'],
  ['{ shop: { exclude: staff } }', 'contracts.shop.exclude: Invalid input: expected array, received string.'],
  ['{ "a/b": {} }', 'a contract\'s name is part of its address: letters, digits, "-" and "_", and not "a/b".'],
  [`{ ${Array.from({ length: 21 }, (_, n) => `c${n}: {}`).join(', ')} }`, '21 contracts, 20 at most are served.'],
  ['{ nothing: { include: [never] } }', 'The contract "nothing" is no schema'],
])('with contracts %s it says what it expected, and writes nothing', (yaml, sentence) => {
  file('a.graphql', 'type Query { x: Int }')
  const { code, err } = compose('--config', file('parts.yaml', contracts(yaml)), '--out', 'none.graphql')
  expect({ code, err }).toEqual({ code: yaml.includes('never') ? 1 : 2, err: expect.stringContaining(sentence) })
  expect(() => readFileSync(join(folder, 'none.graphql'))).toThrow('ENOENT')
})
