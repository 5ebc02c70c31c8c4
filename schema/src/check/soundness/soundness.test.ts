import fc from 'fast-check'
import { buildASTSchema, buildSchema, type GraphQLSchema, parse, validate, validateSchema } from 'graphql'
import { afterAll, expect, test } from 'vitest'
import { apiChanges } from '../api-changes.ts'
import { impactOn } from '../impact.ts'
import { operationsOf } from '../testing.ts'
import { answer, type Filling, surprise } from './answer.ts'
import { edited, randomFrom } from './edits.ts'
import { randomOperation } from './random-operation.ts'

const runs = Number(process.env.SOUNDNESS_RUNS ?? 300)
const document = parse(`
  directive @d(x: Int) on FIELD
  enum Color { RED BLUE GREEN }
  enum Sort { UP DOWN }
  input Range { min: Int max: Int! = 9 }
  input Filter { color: Color range: Range names: [String!] must: Int! }
  interface Node { id: ID! }
  interface Named implements Node { id: ID! name: String! }
  type Product implements Node & Named { id: ID! name: String! color: Color! price(currency: String! = "EUR"): Float related(first: Int): [Product!]! maker: Maker }
  type Maker implements Node & Named { id: ID! name: String! products(filter: Filter, sort: Sort = UP): [Product] country: String }
  type Article implements Node { id: ID! title: String author: Named! tags: [String!]! }
  union Found = Product | Article
  type Query { product(id: ID!): Product products(filter: Filter!, sort: [Sort!]): [Product!]! node(id: ID!): Node search(text: String = "x"): [Found!]! named: [Named!] color: Color maker: Maker! }
`)
const before = buildASTSchema(document)
const counts = { broken: 0, 'at risk': 0, unaffected: 0, falseAlarms: 0 }

afterAll(() =>
  console.log(
    `Of the operations that were called broken, the answers of ${counts.falseAlarms} showed nothing:`,
    counts,
  ),
)

/** What goes wrong when the operation is asked on the new schema; null when the answers are as the client knows them. */
function problem(
  after: GraphQLSchema,
  body: string,
  variables: Record<string, unknown>,
  grown: boolean,
): string | null {
  const operation = parse(body)
  const [error] = validate(after, operation)
  if (error) return error.message
  for (const filling of ['nulls', 'last'] satisfies Filling[]) {
    const { data, errors } = answer(after, operation, variables, filling)
    const found = errors?.[0]?.message ?? surprise(before, operation, data, grown)
    if (found) return found
  }
  return null
}

test('an operation that is not called broken is valid, takes the same variables and is answered in the same shape', async () => {
  const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 })
  await fc.assert(
    fc.asyncProperty(seed, async (start) => {
      const random = randomFrom(start)
      const after = built(edited(document, random))
      fc.pre(after !== null)
      if (!after) return
      const changes = await apiChanges(before, after)
      const client = { name: 'web', isExhaustive: false, before, after, changes }
      for (let count = 0; count < 6; count++) {
        const { body, variables } = randomOperation(before, random)
        expect(problem(before, body, variables, false), body).toBeNull()
        const [operation] = operationsOf('web', body)
        if (!operation) throw new Error('No operation.')
        const { status } = impactOn(operation, client)
        counts[status]++
        const found = problem(after, body, variables, status === 'at risk')
        if (status !== 'broken')
          expect(found, `${status}: ${body}\n${changes.map(({ message }) => message).join('\n')}`).toBeNull()
        else if (found === null) counts.falseAlarms++
      }
    }),
    { numRuns: runs },
  )
}, 120_000)

function built(text: string): GraphQLSchema | null {
  try {
    const schema = buildSchema(text)
    return validateSchema(schema).length === 0 ? schema : null
  } catch {
    return null
  }
}
