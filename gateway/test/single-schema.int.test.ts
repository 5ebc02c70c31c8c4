import { buildSchema, execute, GraphQLError, parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SubgraphSource, startGraph, type TestGraph } from './graph.ts'

// What goes wrong in one run: coordinates such as `Item.1.strict` that answer null or throw.
let faults = new Map<string, 'null' | 'throw'>()

function field<T>(type: string, name: string, value: (id: string) => T) {
  return ({ id = '' }: { id?: string } = {}) => {
    const fault = faults.get(`${type}.${id}.${name}`)
    if (fault === 'throw') throw new GraphQLError(`${type}.${id}.${name}`)
    return fault === 'null' ? null : value(id)
  }
}

const ids = ['1', '2', '3']
const items = (wanted: string[]) => wanted.map((id) => ({ id }))
const first = {
  Query: {
    maybe: field('Query', 'maybe', () => items(ids)),
    must: field('Query', 'must', () => items(['3', '1'])),
    one: field('Query', 'one', () => ({ id: '2' })),
  },
  Item: {
    name: field('Item', 'name', (id) => `name ${id}`),
    next: field('Item', 'next', (id) => ({ id: ids[Number(id) % 3] })),
  },
}
const second = {
  Item: {
    soft: field('Item', 'soft', (id) => `soft ${id}`),
    hard: field('Item', 'hard', (id) => `hard ${id}`),
    parts: field('Item', 'parts', (id) => [{ id: `${id}a` }, { id: `${id}b` }]),
    twin: field('Item', 'twin', (id) => ({ id })),
  },
  Part: { label: field('Part', 'label', (id) => `label ${id}`) },
}
const reference = { __resolveReference: (ref: object) => ref }
const sources: Record<string, SubgraphSource> = {
  first: {
    typeDefs: `type Query { maybe: [Item] must: [Item!] one: Item! } type Item @key(fields: "id") { id: ID! name: String! next: Item! }`,
    resolvers: { Query: first.Query, Item: { ...first.Item, ...reference } },
  },
  second: {
    typeDefs: `type Item @key(fields: "id") { id: ID! soft: String hard: String! parts: [Part!] twin: Item! } type Part { id: ID! label: String! }`,
    resolvers: { Item: { ...second.Item, ...reference }, Part: second.Part },
  },
}
const single = buildSchema(`
  type Query { maybe: [Item] must: [Item!] one: Item! }
  type Item { id: ID! name: String! next: Item! soft: String hard: String! parts: [Part!] twin: Item! }
  type Part { id: ID! label: String! }
`)
for (const [type, resolvers] of Object.entries({
  Query: first.Query,
  Item: { ...first.Item, ...second.Item },
  Part: second.Part,
})) {
  const definition = single.getType(type)
  if (!definition || !('getFields' in definition)) throw new Error(`${type} is not an object`)
  for (const [name, resolve] of Object.entries(resolvers))
    Object.assign(definition.getFields()[name] ?? {}, { resolve })
}

const queries = [
  '{ maybe { id soft } must { name hard } }',
  '{ maybe { next { hard next { soft name } } } }',
  '{ one { name parts { label } twin { name } } }',
  '{ must { soft parts { label } twin { next { hard } } } maybe { name } }',
  '{ a: maybe { h: hard p: parts { l: label } } b: must { t: twin { n: name } } }',
]
const coordinates = [
  ...['maybe', 'must', 'one'].map((name) => `Query..${name}`),
  ...ids.flatMap((id) => ['name', 'next', 'soft', 'hard', 'parts', 'twin'].map((name) => `Item.${id}.${name}`)),
  ...ids.flatMap((id) => [`Part.${id}a.label`, `Part.${id}b.label`]),
]

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph(sources)
})
afterAll(() => graph.stop())

/** A fixed sequence of numbers in [0, 1), so that a failure can be repeated (mulberry32). */
function sequence(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

test.each(queries)('whatever fails, the data is that of one schema: %s', async (query) => {
  const random = sequence(query.length)
  for (let round = 0; round < 60; round++) {
    const share = random() * 0.3
    faults = new Map(
      coordinates.flatMap((at) => (random() < share ? [[at, random() < 0.5 ? 'null' : 'throw'] as const] : [])),
    )
    const [ours, one] = await Promise.all([graph.ask(query), execute({ schema: single, document: parse(query) })])
    const context = JSON.stringify([...faults])
    expect(ours.data, context).toEqual(JSON.parse(JSON.stringify(one.data)))
    expect(ours.errors !== undefined, context).toBe(one.errors !== undefined)
    // Every error is at a field that the query has, in the client's words, and none is told twice.
    const paths = ours.errors?.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []
    expect(new Set(paths).size, context).toBe(paths.length)
    expect(paths.join(), context).not.toMatch(/_entities|undefined/)
  }
})
