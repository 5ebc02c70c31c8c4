import { expect, test } from 'vitest'
import { planFindings } from './plans.ts'
import { configOf, graphOf, operationsOf } from './testing.ts'

const a = 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int z: Int }'
const b = 'type T @key(fields: "id") { id: ID! y: Int }'
const c = 'type T @key(fields: "id") { id: ID! w: Int }'
const without = (schema: string, field: string) => schema.replace(` ${field}: Int`, '')
const withField = (schema: string, field: string) => schema.replace('id: ID! ', `id: ID! ${field}: Int `)

type Schemas = Record<string, string>

const table: [string, Schemas, Schemas, string, string | null][] = [
  ['nothing changes', { a, b }, { a, b }, '{ t { x y } }', null],
  ['a field is added', { a, b }, { a: withField(a, 'n'), b }, '{ t { x y } }', null],
  [
    'a field moves to a subgraph that was not asked',
    { a, b },
    { a: without(a, 'x'), b: withField(b, 'x') },
    '{ t { x } }',
    'takes 2 fetches, 1 before; waits for 2 in sequence, 1 before; asks b for entities, and did not before',
  ],
  [
    'a field moves to one that is asked anyway',
    { a, b },
    { a: without(a, 'x'), b: withField(b, 'x') },
    '{ t { x y } }',
    null,
  ],
  [
    'two fields come from two subgraphs now',
    { a, b: withField(b, 'w') },
    { a, b, c },
    '{ t { y w } }',
    'takes 3 fetches, 2 before; asks c for entities, and did not before',
  ],
  ['a field comes back', { a: without(a, 'x'), b: withField(b, 'x') }, { a, b }, '{ t { x } }', null],
  [
    'a field needs another one first',
    { a, b: withField(b, 'v'), c },
    { a, b: b.replace('id: ID! ', 'id: ID! w: Int @external v: Int @requires(fields: "w") '), c },
    '{ t { v } }',
    'takes 3 fetches, 2 before; waits for 3 in sequence, 2 before; asks c for entities, and did not before',
  ],
]

test.each(table)('%s', (_, before, after, body, expected) => {
  const findings = planFindings(graphOf(before), graphOf(after), operationsOf('web', body), configOf())
  expect(findings.map(({ message }) => message)).toEqual(expected === null ? [] : [`web/web-0 ${expected}.`])
})

test('a supergraph that gateways refuse is one finding, whatever operations there are', () => {
  const before = graphOf({ a, b })
  const guarded = before.sdl.replace(
    /^schema$/m,
    'schema @link(url: "https://specs.example/guard/v1.0", for: SECURITY)',
  )
  const findings = planFindings(before, { ...before, sdl: guarded }, operationsOf('web', '{ t { x } }'), configOf())
  expect(findings).toMatchObject([{ rule: 'SUPERGRAPH_NOT_SERVED', outcome: 'fail', id: 'plan/SUPERGRAPH_NOT_SERVED' }])
  expect(findings[0]?.message).toMatch(
    /^The subgraphs compose, but no gateway would take over what comes of it: .*guard/,
  )
})
