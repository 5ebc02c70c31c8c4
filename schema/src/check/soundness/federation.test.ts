import { contractSchema } from '@commerce/gateway/supergraph/contracts.ts'
import { openPlanning } from '@commerce/gateway/supergraph/planning.ts'
import fc from 'fast-check'
import { parse, validate } from 'graphql'
import { afterAll, expect, test } from 'vitest'
import { checkSchemas } from '../check.ts'
import { composeGraph, type Graph } from '../graph.ts'
import { configOf, graphOf, operationsOf, subgraphsOf } from '../testing.ts'
import { answer, type Filling, surprise } from './answer.ts'
import { pick, type Random, randomFrom } from './edits.ts'
import { randomOperation } from './random-operation.ts'

const runs = Number(process.env.SOUNDNESS_RUNS ?? 60)
const contract = { name: 'shop', include: [], exclude: ['staff'] }
const schemas = {
  a: `type Query { product(id: ID!): Product any: [Any] color: Color! }
    type Product @key(fields: "id") { id: ID! name: String weight: Int maker: Maker color: Color cost: Int @tag(name: "staff") }
    type Maker @key(fields: "id") { id: ID! name: String @shareable }
    type Audit @tag(name: "staff") { by: String }
    type Note { text: String @shareable }
    union Any = Product | Note | Audit
    enum Color { RED BLUE SECRET @tag(name: "staff") }`,
  b: `type Query { maker(id: ID!, sort: Sort): Maker offers(filter: Filter!): [Offer!]! }
    type Product @key(fields: "id") { id: ID! weight: Int @external shipping: Int @requires(fields: "weight") stock: Int }
    type Maker @key(fields: "id") { id: ID! name: String @shareable products: [Product!] }
    type Offer { product: Product! price: Float note: Note lang: String }
    type Note { text: String @shareable }
    input Filter { min: Int must: Int! = 1 }
    enum Sort { UP DOWN }`,
}
type Schemas = typeof schemas

/** Edits of what only the federation, or a contract, reads: each puts a directive at a place that a field or type begins with, or takes one away. */
const added = [
  '@inaccessible',
  '@tag(name: "staff")',
  '@tag(name: "beta")',
  '@shareable',
  '@override(from: "a")',
  '@override(from: "b")',
  '@override(from: "a", label: "percent(50)")',
  '@provides(fields: "name")',
  '@requires(fields: "weight")',
  '@external',
]

function edited(random: Random): Schemas {
  const next = { ...schemas }
  for (let count = 1 + random(3); count > 0; count--) {
    const name = random(2) === 0 ? 'a' : 'b'
    const text = next[name]
    const kinds: (() => string)[] = [
      () => put(text, /\w+: \[?\w+!?\]?!?/g, (field) => `${field} ${pick(added, random)}`, random),
      () => put(text, / @\w+(\([^)]*\))?/g, () => '', random),
      () => put(text, /(type|enum|union) \w+/g, (head) => `${head} ${pick(added.slice(0, 3), random)}`, random),
      () => put(text, /@key\(fields: "id"\)/g, (key) => key.replace('"id"', '"id", resolvable: false'), random),
      () => put(text, /@key\(fields: "id"\)/g, (key) => `${key} @key(fields: "name")`, random),
      () => put(text, / \w+: \[?\w+!?\]?!?(?= )/g, () => '', random),
    ]
    const edit = pick(kinds, random)
    if (edit) next[name] = edit()
  }
  return next
}

function put(text: string, where: RegExp, edit: (found: string) => string, random: Random): string {
  const found = pick([...text.matchAll(where)], random)
  if (!found) return text
  return text.slice(0, found.index) + edit(found[0]) + text.slice(found.index + found[0].length)
}

const before = graphOf(schemas, [contract])
const variantOf = (graph: Graph, isShop: boolean) => (isShop ? contractSchema(graph.document, contract) : graph.api)
const counts = { graphs: 0, broken: 0, 'at risk': 0, unaffected: 0, falseAlarms: 0 }
afterAll(() => console.log('Edits of the federation:', counts))

test('what is not called broken is valid, planned and answered as before, on the API and on a contract', async () => {
  const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 })
  await fc.assert(
    fc.asyncProperty(seed, async (start) => {
      const random = randomFrom(start)
      const after = compose(edited(random))
      fc.pre(after !== null)
      if (!after) return
      const asked = Array.from({ length: 8 }, (_, index) => {
        const isShop = index % 2 === 1
        const old = variantOf(before, isShop)
        const { body, variables } = randomOperation(old, random)
        const [operation] = operationsOf(isShop ? 'shop' : 'web', body)
        if (!operation) throw new Error('No operation.')
        return { operation: { ...operation, id: String(index) }, old, body, variables, isShop }
      })
      const config = configOf('clients: { shop: { contract: shop } }')
      const today = '2026-06-15'
      const rest = {
        base: null,
        config,
        approvals: [],
        baseline: [],
        today,
        before,
        after: { graph: after, errors: [] as [] },
      }
      const report = await checkSchemas({ ...rest, operations: asked.map(({ operation }) => operation) })
      counts.graphs++
      // These fail for all clients.
      if (report.findings.some(({ rule }) => ['CONTRACT_NOT_VALID', 'SUPERGRAPH_NOT_SERVED'].includes(rule))) return
      const planning = openPlanning(after.sdl)
      for (const { operation, old, body, variables, isShop } of asked) {
        const status = report.operations.find(({ id }) => id === operation.id)?.status ?? 'broken'
        counts[status]++
        const now = variantOf(after, isShop)
        const problem = problemOf(now, status === 'at risk')
        if (status === 'broken') {
          if (problem === null) counts.falseAlarms++
        } else expect(problem, `${status}, seed ${start}: ${body}`).toBeNull()

        function problemOf(schema: typeof now, grown: boolean): string | null {
          const document = parse(body)
          const [error] = validate(schema, document)
          if (error) return error.message
          try {
            planning.plan(body, undefined)
          } catch (error) {
            const isTold = report.findings.some(({ rule }) => rule === 'PLAN_LOST')
            return isTold ? null : (error as Error).message
          }
          for (const filling of ['nulls', 'last'] satisfies Filling[]) {
            const { data, errors } = answer(schema, document, variables, filling)
            const found = errors?.[0]?.message ?? surprise(old, document, data, grown)
            if (found) return found
          }
          return null
        }
      }
    }),
    { numRuns: runs },
  )
  expect(counts.broken).toBeGreaterThan(0)
  expect(counts.unaffected).toBeGreaterThan(0)
}, 240_000)

function compose(next: Schemas): Graph | null {
  try {
    return composeGraph(subgraphsOf(next), [contract]).graph
  } catch {
    return null
  }
}
