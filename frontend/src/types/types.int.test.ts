import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildClientSchema, buildSchema, isObjectType, lexicographicSortSchema, printSchema } from 'graphql'
import { loadConfig } from 'graphql-config'
import { afterAll, expect, test } from 'vitest'

const project = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'schema-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

test('writes the same API as SDL and as introspection, and the possible types of what is abstract', () => {
  const out = join(folder, 'api')
  expect(run('--out', out)).toMatchObject({ code: 0, err: '' })
  const read = (name: string) => readFileSync(join(out, name), 'utf8')
  const schema = buildSchema(read('schema.graphql'))
  const introspected = buildClientSchema(JSON.parse(read('introspection.json')).data)
  const sorted = (one: typeof schema) => printSchema(lexicographicSortSchema(one))
  expect(sorted(introspected)).toBe(sorted(schema))
  const possible = JSON.parse(read('possible-types.json'))
  expect(possible.Node).toEqual(expect.arrayContaining(['Product', 'Variant', 'Category', 'Cart', 'Order']))
  expect(possible.PlaceOrderResult).toContain('OrderPlaced')
  // What only gateways and subgraphs know is not there.
  expect(read('schema.graphql')).not.toMatch(/join__|link__|_entities/)
})

test('writes the same of each contract, without what it leaves out', () => {
  const out = join(folder, 'contracts')
  expect(run('--out', out).code).toBe(0)
  const read = (name: string) => readFileSync(join(out, 'contracts/storefront', name), 'utf8')
  const mutations = (text: string) => Object.keys(buildSchema(text).getMutationType()?.getFields() ?? {})
  expect(mutations(readFileSync(join(out, 'schema.graphql'), 'utf8'))).toContain('priceSet')
  expect(mutations(read('schema.graphql'))).toEqual(expect.arrayContaining(['cartCreate', 'placeOrder']))
  expect(mutations(read('schema.graphql'))).not.toContain('priceSet')
  expect(read('schema.graphql')).not.toContain('PriceSetInput')
  expect(read('introspection.json')).not.toContain('PriceSetInput')
  expect(JSON.parse(read('possible-types.json')).PlaceOrderResult).toContain('OrderPlaced')
})

test.each([
  [['--ot', 'x'], 2, "Unknown option '--ot'. See --help."],
  [['--supergraph', '/nowhere.graphql'], 1, 'nowhere.graphql cannot be read (ENOENT).'],
  [['--out', '/dev/null/api'], 1, 'cannot be written (ENOTDIR).'],
])('with %j it says so in one sentence', (args, code, sentence) => {
  expect(run(...args)).toMatchObject({ code, err: expect.stringContaining(sentence) })
})

test('editors find a valid schema for the API and for each subgraph', async () => {
  run()
  const config = await loadConfig({ rootDir: project })
  const subgraphs = readdirSync(join(project, 'subgraphs'))
  expect(Object.keys(config?.projects ?? {}).sort()).toEqual(['api', ...subgraphs].sort())
  for (const name of Object.keys(config?.projects ?? {})) {
    const schema = await config?.getProject(name).getSchema()
    expect(isObjectType(schema?.getQueryType())).toBe(true)
  }
})
