// Long because each part of a check is one scene over the same graph.
import { expect, test } from 'vitest'
import { checked, configOf, operationsOf } from './testing.ts'

type Schemas = Record<string, string>
const shop = {
  a: `type Query { product(id: ID!): Product products(filter: Filter, first: Int = 10): [Product!]! user: User users: [User!] any: Any }
    interface Named { name: String! } type User { id: ID! } union Any = User | Product enum Color { RED BLUE }
    input Filter { color: Color name: String } type Mutation { add(filter: Filter!): Int }
    type Product implements Named @key(fields: "id") { id: ID! name: String! title: String color: Color size(unit: String): Int }`,
}
const edit = (from: string, to: string): Schemas => {
  if (!shop.a.includes(from)) throw new Error(`Not in the schema: ${from}`)
  return { a: shop.a.replace(from, to) }
}

/** What is done, the schemas after, an operation, and what becomes of it. */
const table: [string, Schemas, string, string][] = [
  ['nothing changes', shop, '{ user { id } }', 'unaffected'],
  ['a field that is used goes', edit('title: String ', ''), '{ product(id: 1) { title } }', 'broken'],
  ['a field that is not used goes', edit('title: String ', ''), '{ product(id: 1) { name } }', 'unaffected'],
  ['a field goes whose name begins alike', edit('user: User ', ''), '{ users { id } }', 'unaffected'],
  ['a field becomes nullable', edit('): [Product!]!', '): [Product!]'), '{ products { id } }', 'broken'],
  ['an enum that is read grows', edit('RED BLUE', 'RED BLUE GREEN'), '{ product(id: 1) { color } }', 'at risk'],
  [
    'an enum that is only sent grows',
    edit('RED BLUE', 'RED BLUE GREEN'),
    'query($f: Filter) { products(filter: $f) { id } }',
    'unaffected',
  ],
  ['an enum that is only read shrinks', edit('RED BLUE', 'RED'), '{ product(id: 1) { color } }', 'at risk'],
  [
    'an enum value that is written goes',
    edit('RED BLUE', 'RED'),
    '{ products(filter: { color: BLUE }) { id } }',
    'broken',
  ],
  [
    'an enum value that may be sent goes',
    edit('RED BLUE', 'RED'),
    'query($f: Filter) { products(filter: $f) { id } }',
    'broken',
  ],
  [
    'an input field that may be sent goes',
    edit('color: Color name: String }', 'color: Color }'),
    'mutation($f: Filter!) { add(filter: $f) }',
    'broken',
  ],
  [
    'an input field that is not written goes',
    edit('color: Color name: String }', 'color: Color }'),
    '{ products(filter: { color: RED }) { id } }',
    'unaffected',
  ],
  [
    'an input gets a field that is required',
    edit('input Filter {', 'input Filter { must: Int!'),
    'query($f: Filter) { products(filter: $f) { id } }',
    'broken',
  ],
  [
    'an argument that is given goes',
    edit('size(unit: String)', 'size'),
    '{ product(id: 1) { size(unit: "cm") } }',
    'broken',
  ],
  [
    'an argument that is not given goes',
    edit('size(unit: String)', 'size'),
    '{ product(id: 1) { size } }',
    'unaffected',
  ],
  [
    'an argument that is not given becomes required',
    edit('size(unit: String)', 'size(unit: String!)'),
    '{ product(id: 1) { size } }',
    'broken',
  ],
  ['a default changes', edit('first: Int = 10', 'first: Int = 20'), '{ products { id } }', 'at risk'],
  [
    'a union that is read grows',
    { a: `${edit('User | Product', 'User | Product | More').a} type More { id: ID }` },
    '{ any { __typename } }',
    'at risk',
  ],
  ['a union member goes', edit('User | Product', 'Product'), '{ any { ... on Product { id } } }', 'broken'],
  [
    'a field moves',
    { a: shop.a.replace('title: String ', ''), b: 'type Product @key(fields: "id") { id: ID! title: String }' },
    '{ product(id: 1) { title } }',
    'at risk',
  ],
]

/** The argument `unit` and the input field `Filter.name` become non-null, all else stays. */
const required: [string, string, string][] = [
  ['a text', '{ product(id: 1) { size(unit: "cm") } }', 'unaffected'],
  ['a variable that is never null', 'query($u: String!) { product(id: 1) { size(unit: $u) } }', 'unaffected'],
  ['a variable that may be left out', 'query($u: String) { product(id: 1) { size(unit: $u) } }', 'broken'],
  // Still valid, but the client may send null, which is refused.
  ['a variable with a default', 'query($u: String = "cm") { product(id: 1) { size(unit: $u) } }', 'broken'],
  ['null', '{ product(id: 1) { size(unit: null) } }', 'broken'],
  ['nothing', '{ product(id: 1) { size } }', 'broken'],
  ['it once, and once nothing', '{ product(id: 1) { size(unit: "cm") other: size } }', 'broken'],
  [
    'it once, and once a variable with a default',
    'query($u: String = "cm") { product(id: 1) { size(unit: "cm") other: size(unit: $u) } }',
    'broken',
  ],
  [
    'variables of two operations, one of which may be null',
    `query A($u: String!) { ...P } query B($u: String = "cm") { ...P }
    fragment P on Query { product(id: 1) { size(unit: $u) } }`,
    'broken',
  ],
  ['an input with a text', '{ products(filter: { name: "x" }) { id } }', 'unaffected'],
  [
    'an input with a variable that is never null',
    'query($n: String!) { products(filter: { name: $n }) { id } }',
    'unaffected',
  ],
  [
    'an input with a variable that has a default',
    'query($n: String = "x") { products(filter: { name: $n }) { id } }',
    'broken',
  ],
  ['an input without it', '{ products(filter: { color: RED }) { id } }', 'broken'],
  [
    'an input without it beside one with it',
    '{ products(filter: { name: "x" }) { id } more: products(filter: {}) { id } }',
    'broken',
  ],
  // Its fields come with the request.
  ['an input as a variable', 'query($f: Filter) { products(filter: $f) { id } }', 'broken'],
  ['no input', '{ products { id } }', 'unaffected'],
]

test.each(required)('when what becomes non-null is given %s', async (_, body, status) => {
  const both = edit('size(unit: String)', 'size(unit: String!)').a?.replace('name: String }', 'name: String! }') ?? ''
  const { operations, findings } = await checked(shop, { a: both }, { operations: operationsOf('web', body) })
  expect(operations.map((one) => one.status)).toEqual([status])
  const changed = findings.filter(({ rule }) => /^(FIELD_ARGUMENT|INPUT_FIELD)_TYPE_CHANGED$/.test(rule))
  const outcomes = status === 'broken' ? ['fail', 'warn'] : ['warn', 'warn']
  expect(changed.map(({ outcome }) => outcome).sort()).toEqual(outcomes)
})

test('an argument that becomes another type as well breaks each operation that gives it', async () => {
  const operations = operationsOf('web', '{ product(id: 1) { size(unit: "cm") } }')
  const after = edit('size(unit: String)', 'size(unit: ID!)')
  expect((await checked(shop, after, { operations })).operations).toMatchObject([{ status: 'broken' }])
})

test.each(table)('when %s', async (_, after, body, status) => {
  const { operations } = await checked(shop, after, { operations: operationsOf('web', body) })
  expect(operations.map((one) => one.status)).toEqual([status])
})

test('names the operations and clients that a change hits', async () => {
  const operations = [
    ...operationsOf('web', 'query Title { product(id: 1) { title } }', 'query Name { product(id: 1) { name } }'),
    ...operationsOf('app', 'query Page { product(id: 1) { title } }'),
  ]
  const { ok, findings } = await checked(shop, edit('title: String ', ''), { operations })
  const removed = findings.find(({ rule }) => rule === 'FIELD_REMOVED')
  expect(removed).toMatchObject({ outcome: 'fail', operations: ['web/Title', 'app/Page'] })
  expect(removed?.place).toMatchObject({ file: 'a.graphql', subgraph: 'a' })
  expect(ok).toBe(false)
})

test.each([
  ['fail', false],
  ['warn', true],
  ['allow', true],
] as const)('a breaking change that no operation uses is a matter of policy: %s', async (unusedBreaking, passes) => {
  const config = configOf(`policy: { unusedBreaking: ${unusedBreaking}, deprecation: allow }`)
  const { ok, findings } = await checked(shop, edit('title: String ', ''), { config })
  expect(ok).toBe(passes)
  expect(findings[0]?.message).toContain('No operation is hit by it.')
})

test('an enum that grows breaks the operations of a client that handles every value', async () => {
  const operations = [
    ...operationsOf('strict', 'query A { product(id: 1) { color } }', 'query B { product(id: 1) { name } }'),
    ...operationsOf('lenient', 'query A { product(id: 1) { color } }'),
  ]
  const config = configOf('clients: { strict: { exhaustive: true } }')
  const report = await checked(shop, edit('RED BLUE', 'RED BLUE GREEN'), { operations, config })
  expect(report.operations.map(({ status }) => status)).toEqual(['broken', 'unaffected', 'at risk'])
  expect(report.ok).toBe(false)
})

test('a change passes together with the change of the client that it needs, and not without', async () => {
  const after = edit('size(unit: String)', 'size(unit: String!)')
  const config = configOf('policy: { lint: allow }')
  const [old, changed] = [
    'query Size { product(id: 1) { size } }',
    'query Size { product(id: 1) { size(unit: "cm") } }',
  ]
  const report = (body: string) => checked(shop, after, { config, operations: operationsOf('web', body) })
  expect(await report(old)).toMatchObject({ ok: false, operations: [{ status: 'broken' }] })
  // It is valid on both graphs: the argument may be given already.
  expect((await report(changed)).operations).toMatchObject([{ errors: [] }])
  const added = { a: shop.a.replace('size(unit: String)', 'size(unit: String, by: Int!)') }
  const both = operationsOf('web', 'query Size { product(id: 1) { size(by: 2) } }')
  const together = await checked(shop, added, { config, operations: both })
  expect(together).toMatchObject({ ok: true, operations: [{ status: 'unaffected' }] })
  // It is given, so "used" would be wrong.
  const [told] = together.findings.filter(({ rule }) => rule === 'FIELD_ARGUMENT_ADDED')
  expect(told?.message).toMatch(/ No operation is hit by it\.$/)
})

test('an operation that was never valid fails, and says why', async () => {
  const { ok, findings } = await checked(shop, shop, { operations: operationsOf('web', 'query No { nothing }') })
  expect(ok).toBe(false)
  expect(findings).toMatchObject([{ rule: 'OPERATION_NOT_VALID', operations: ['web/No'] }])
  expect(findings[0]?.message).toContain('Cannot query field "nothing"')
})

test('subgraphs that do not compose are told with file, line and subgraph', async () => {
  const after = { a: 'type Query { t: T } type T @key(fields: "no") { id: ID! }' }
  const { ok, findings } = await checked(shop, after)
  expect(ok).toBe(false)
  expect(findings[0]?.place).toMatchObject({ file: 'a.graphql', line: expect.any(Number), subgraph: 'a' })
})

test('a new hint is a warning with its place, one that was there is not told again', async () => {
  const a = 'type Query { i(i: I): Int } input I { x: Int }'
  const [fits, hinted] = [
    'input I { x: Int } type Query { j(i: I): Int }',
    'input I { x: Int y: Int } type Query { j(i: I): Int }',
  ]
  const config = configOf('policy: { lint: allow }')
  const { ok, findings } = await checked({ a, b: fits }, { a, b: hinted }, { config })
  expect(ok).toBe(true)
  expect(findings.filter(({ outcome }) => outcome === 'warn')).toMatchObject([
    { rule: 'INCONSISTENT_INPUT_OBJECT_FIELD', place: { subgraph: 'b' } },
  ])
  expect((await checked({ a, b: hinted }, { a, b: hinted })).findings).toEqual([])
})

test('the policy may give one rule another outcome', async () => {
  const after = edit('RED BLUE', 'RED BLUE GREEN')
  const config = configOf('policy: { lint: allow, rules: { ENUM_VALUE_ADDED: fail } }')
  expect((await checked(shop, after, { config })).ok).toBe(false)
  expect((await checked(shop, after, { config: configOf('policy: { lint: allow }') })).ok).toBe(true)
})

test('what does not compose is not let pass by an approval', async () => {
  const after = { a: 'type Query { t: T } type T @key(fields: "no") { id: ID! }' }
  const [found] = (await checked(shop, after)).findings
  const approvals = [
    { change: found?.id ?? '', reason: 'nobody needs it', owner: 'shop', expires: '2027-01-01', file: 'x.yaml' },
  ]
  expect((await checked(shop, after, { approvals })).ok).toBe(false)
})

const shopContract = { name: 'shop', include: [], exclude: ['staff'] }

test('a contract has what its tags leave, and its clients meet only its changes', async () => {
  const before = {
    a: 'type Query { x: Int y: Int @tag(name: "staff") z: Z @tag(name: "staff") } type Z @tag(name: "staff") { a: Int b: Int }',
  }
  const after = {
    a: 'type Query { x: Int @tag(name: "staff") y: Int @tag(name: "staff") z: Z @tag(name: "staff") w: Int } type Z @tag(name: "staff") { a: Int }',
  }
  const contracts = [shopContract, { name: 'staff', include: ['staff'], exclude: [] }]
  const config = configOf('clients: { web: { contract: shop } }')
  const rest = { config, contracts, operations: operationsOf('web', '{ x }') }
  const { changes, operations } = await checked(before, after, rest)
  const told = changes.filter((one) => one.in !== 'federation').map((one) => `${one.in} ${one.kind} ${one.coordinate}`)
  expect(told).toEqual([
    'api FIELD_ADDED Query.w',
    'api FIELD_REMOVED Z.b',
    'contract:shop FIELD_REMOVED Query.x',
    'contract:staff FIELD_ADDED Query.x',
  ])
  expect(operations.map(({ status }) => status)).toEqual(['broken'])
})

test('a contract that is no schema any more fails; one that was none before has no changes', async () => {
  const [good, bad] = [
    'type Query { x: Z } type Z { a: Int }',
    'type Query { x: Z } type Z @tag(name: "staff") { a: Int }',
  ]
  const rest = { contracts: [shopContract], config: configOf('policy: { lint: allow }') }
  const { ok, findings } = await checked({ a: good }, { a: bad }, rest)
  expect(ok).toBe(false)
  expect(findings.find(({ rule }) => rule === 'CONTRACT_NOT_VALID')?.message).toContain('Type "Z" is @inaccessible but')
  expect((await checked({ a: bad }, { a: good }, rest)).ok).toBe(true)
})

test('a contract that has other tags than before, or is gone, is a change for its clients', async () => {
  const a = 'type Query { x: Int y: Int @tag(name: "staff") z: Int @tag(name: "beta") }'
  const rest = { config: configOf('clients: { web: { contract: shop } }'), operations: operationsOf('web', '{ z }') }
  const less = { ...shopContract, exclude: ['staff', 'beta'] }
  const tighter = await checked({ a }, { a }, { ...rest, contractsBefore: [shopContract], contracts: [less] })
  expect(tighter.operations).toMatchObject([{ status: 'broken' }])
  expect(tighter.findings.find(({ rule }) => rule === 'FIELD_REMOVED')?.id).toContain('contract:shop/')
  const { ok, findings } = await checked({ a }, { a }, { contractsBefore: [shopContract], contracts: [] })
  expect([ok, findings.map(({ rule }) => rule)]).toEqual([false, ['CONTRACT_REMOVED']])
})

test('approvals let their change pass until they expire; one for nothing is a warning', async () => {
  const after = edit('title: String ', '')
  const { findings } = await checked(shop, after)
  const ids = findings.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)
  const approval = (change: string, expires: string) => ({
    change,
    expires,
    reason: 'nobody reads it',
    owner: 'shop',
    file: 'x.yaml',
  })
  const approvals = ids.map((id) => approval(id, '2026-06-15'))
  expect((await checked(shop, after, { approvals })).ok).toBe(true)
  const expired = await checked(shop, after, { approvals, today: '2026-06-16' })
  expect(expired.ok).toBe(false)
  expect(expired.findings.filter(({ rule }) => rule === 'APPROVAL_EXPIRED')).toHaveLength(ids.length)
  const unused = await checked(shop, shop, { approvals: [approval('api/FIELD_REMOVED/X.y', '2026-07-01')] })
  expect(unused.findings).toMatchObject([{ rule: 'APPROVAL_UNUSED', outcome: 'warn' }])
  expect(unused.ok).toBe(true)
})
