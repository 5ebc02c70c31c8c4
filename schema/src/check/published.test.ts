import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { buildClientSchema, buildSchema, type GraphQLSchema, printSchema, validate } from 'graphql'
import { expect, test } from 'vitest'
import { apiChanges } from './api-changes.ts'
import type { Change, Criticality } from './change.ts'
import { impactOn } from './impact.ts'
import { operationsOf } from './testing.ts'

// Published schemas of two well-known APIs, where they are at hand: SCHEMA_PAIRS names the folder.
const folder = process.env.SCHEMA_PAIRS ?? join(import.meta.dirname, '../../../../shared/data/schemas')
const isThere = existsSync(folder)
if (!isThere) console.log(`Skipped: no published schemas in ${folder}; SCHEMA_PAIRS names another folder.`)

interface Expected {
  breaking: { type: string; description: string }[]
  dangerous: { type: string; description: string }[]
}

const text = (name: string) => gunzipSync(readFileSync(`${folder}/${name}.gz`)).toString()
const sdl = (name: string) => buildSchema(text(name), { assumeValidSDL: true })
const introspected = (name: string): GraphQLSchema => {
  const { data, ...rest } = JSON.parse(text(name))
  return buildSchema(printSchema(buildClientSchema(data ?? rest)))
}

/** Where graphql-js says in a sentence what a change is about. */
const sentences: readonly [RegExp, (parts: string[]) => string][] = [
  [/^(\w+) was (?:removed from|added to) enum type (\w+)\.$/, ([value, type]) => `${type}.${value}`],
  [/^\w+ was added to union type (\w+)\.$/, ([union]) => `${union}`],
  [/^\w+ added to interfaces implemented by (\w+)\.$/, ([type]) => `${type}`],
  [/^An optional arg (\w+) on ([\w.]+) was added\.$/, ([argument, field]) => `${field}(${argument}:)`],
  [/^An optional field (\w+) on input type (\w+) was added\.$/, ([field, input]) => `${input}.${field}`],
  [/^([\w.]+) arg (\w+) has changed type/, ([field, argument]) => `${field}(${argument}:)`],
  [/^([\w.]+) (?:was removed\.$|changed type)/, ([element]) => `${element}`],
]

function coordinateOf(description: string): string {
  for (const [sentence, read] of sentences) {
    const found = sentence.exec(description)
    if (found) return read(found.slice(1))
  }
  throw new Error(`Not a known sentence: ${description}`)
}

const of = (changes: readonly Change[], criticality: Criticality) =>
  changes.filter((one) => one.criticality === criticality).map(({ coordinate }) => coordinate)

const pairs: [string, () => [GraphQLSchema, GraphQLSchema], number, number][] = [
  ['github-a', () => [sdl('github-a-before.graphql'), sdl('github-a-after.graphql')], 0, 0],
  ['github-b', () => [sdl('github-b-before.graphql'), sdl('github-b-after.graphql')], 1, 1],
  [
    'shopify',
    () => [introspected('shopify-2024-01.introspection.json'), introspected('shopify-2026-04.introspection.json')],
    7,
    11,
  ],
]

test.skipIf(!isThere).each(pairs)(
  'classifies the changes of %s as expected',
  async (name, schemas, optional, members) => {
    const changes = await apiChanges(...schemas())
    const expected = JSON.parse(text(`${name}-expected.json`)) as Expected
    const breaking = expected.breaking.map(({ description }) => coordinateOf(description))
    expect(of(changes, 'breaking').sort()).toEqual(breaking.sort())
    // Two differences. graphql-js calls each new input field dangerous that is not required. One that is nullable and has no default
    // changes nothing for a request without it, so here it is safe; with a default it is dangerous here too.
    const dangerous = expected.dangerous.map(({ description }) => coordinateOf(description))
    const added = changes.filter(({ kind, criticality }) => kind === 'INPUT_FIELD_ADDED' && criticality === 'safe')
    const known = added.map(({ coordinate }) => coordinate).filter((one) => dangerous.includes(one))
    expect(known).toHaveLength(optional)
    // And it does not see that a new type of an interface which was there is one more that may be answered, as in a union.
    const isNew = new Set(changes.filter(({ kind }) => kind === 'TYPE_ADDED').map(({ coordinate }) => coordinate))
    const more = changes.filter(({ kind, coordinate, criticality }) => {
      return kind === 'OBJECT_TYPE_INTERFACE_ADDED' && isNew.has(coordinate) && criticality === 'dangerous'
    })
    expect(more).toHaveLength(members)
    const others = changes.filter((change) => !more.includes(change))
    expect([...of(others, 'dangerous'), ...known].sort()).toEqual(dangerous.sort())
  },
)

test.skipIf(!isThere)('judges 52 operations of real clients over two years, and back', async () => {
  const old = introspected('shopify-2024-01.introspection.json')
  const now = introspected('shopify-2026-04.introspection.json')
  const lines = text('shopify-operations.jsonl').trim().split('\n')
  const operations = operationsOf('hydrogen', ...lines.map((line) => JSON.parse(line).document))
  expect(operations).toHaveLength(52)
  const withoutDigest = (id: string) => id.split('#', 1)[0]
  const valid: string[] = []
  for (const [before, after] of [
    [old, now],
    [now, old],
  ] as const) {
    const client = { name: 'hydrogen', isExhaustive: false, before, after, changes: await apiChanges(before, after) }
    for (const operation of operations) {
      const { status, errors, breaking } = impactOn(operation, client)
      expect(errors).toEqual(validate(after, operation.document).map(({ message }) => message))
      expect(status === 'broken').toBe(errors.length > 0 || breaking.length > 0)
      // What no longer validates is explained by a change, unless it was not valid before either.
      const wasValid = validate(before, operation.document).length === 0
      if (wasValid && errors.length > 0) expect(breaking).not.toEqual([])
      if (errors.length === 0 && breaking.length > 0)
        valid.push(`${operation.name}: ${breaking.map(withoutDigest).join(' ')}`)
    }
  }
  // Back in time: an input that comes in a variable loses a field, which the document alone cannot tell to be unused.
  expect(valid).toEqual([
    'CartLinesAdd: api/TYPE_REMOVED/CartLineParentInput api/INPUT_FIELD_REMOVED/CartLineInput.parent',
  ])
})
