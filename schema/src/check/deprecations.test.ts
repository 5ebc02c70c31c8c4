import { expect, test } from 'vitest'
import { checked, configOf, operationsOf } from './testing.ts'

const old = (reason: string | null) =>
  `type Query { a: Int b: Int${reason === null ? '' : ` @deprecated(reason: "${reason}")`} }`
const gone = 'type Query { a: Int }'

/** What is done on 2026-06-15, before, after, an operation, and the findings as `outcome RULE`. */
const table: [string, string, string, string, string[]][] = [
  [
    'a deprecation with a date',
    old(null),
    old('Use a. Sunset: 2026-12-31'),
    '{ b }',
    ['allow FIELD_DEPRECATION_ADDED'],
  ],
  [
    'one without a date',
    old(null),
    old('Use a.'),
    '{ b }',
    ['allow FIELD_DEPRECATION_ADDED', 'fail DEPRECATION_WITHOUT_SUNSET'],
  ],
  [
    'one with a day that is none',
    old(null),
    old('Sunset: 2026-02-30'),
    '{ b }',
    ['allow FIELD_DEPRECATION_ADDED', 'fail DEPRECATION_WITHOUT_SUNSET'],
  ],
  ['an old one without a date', old('Use a.'), old('Use a.'), '{ b }', ['warn DEPRECATION_WITHOUT_SUNSET']],
  [
    'an overdue one that is used',
    old('Sunset: 2026-06-14'),
    old('Sunset: 2026-06-14'),
    '{ b }',
    ['warn DEPRECATION_OVERDUE'],
  ],
  ['the last day of one', old('Sunset: 2026-06-15'), old('Sunset: 2026-06-15'), '{ b }', []],
  [
    'one that is not used any more',
    old('Sunset: 2026-06-15'),
    old('Sunset: 2026-06-15'),
    '{ a }',
    ['allow DEPRECATION_UNUSED'],
  ],
  ['a removal after its date', old('Sunset: 2026-06-14'), gone, '{ a }', ['allow FIELD_REMOVED']],
  ['a removal on its last day', old('Sunset: 2026-06-15'), gone, '{ a }', ['fail FIELD_REMOVED']],
  ['a removal of what is used', old('Sunset: 2026-06-14'), gone, '{ b }', ['fail FIELD_REMOVED']],
  ['a removal without deprecation', old(null), gone, '{ a }', ['fail FIELD_REMOVED']],
  [
    'a type that goes with its last field',
    'type Query { a: Int t: T @deprecated(reason: "Sunset: 2026-06-14") } type T { x: Int }',
    gone,
    '{ a }',
    ['allow TYPE_REMOVED', 'allow FIELD_REMOVED'],
  ],
  [
    'an argument that is overdue and not given',
    'type Query { a(x: Int @deprecated(reason: "Sunset: 2026-06-14")): Int }',
    'type Query { a(x: Int @deprecated(reason: "Sunset: 2026-06-14")): Int }',
    '{ a }',
    ['warn DEPRECATION_OVERDUE'],
  ],
]

test.each(table)('%s', async (_, before, after, body, expected) => {
  // Without the deprecations' own rules, nothing would fail.
  const config = configOf('policy: { unusedBreaking: allow, lint: allow }')
  const { findings } = await checked({ a: before }, { a: after }, { config, operations: operationsOf('web', body) })
  const told = findings.filter(({ rule }) => !rule.startsWith('lint/')).map(({ outcome, rule }) => `${outcome} ${rule}`)
  expect(told).toEqual(expected)
})
