import { expect, onTestFinished, test } from 'vitest'
import { readRollout, withRollouts } from '../src/execute/rollouts.ts'
import { planOverrides } from '../src/supergraph/overrides.ts'
import { type SubgraphSource, startGraph } from './graph.ts'

const reference = { __resolveReference: (ref: object) => ref }

/** Two fields of `old` that move to `next`, each with its label. */
function moving(price: string, stock: string): Record<string, SubgraphSource> {
  const from = (service: string) => () => service
  return {
    old: {
      typeDefs:
        'type Query { item: Item items: [Item!]! name: String } type Item @key(fields: "id") { id: ID! name: String price: String stock: String }',
      resolvers: {
        Query: { item: () => ({ id: '1' }), items: () => [{ id: '1' }, { id: '2' }], name: from('old') },
        Item: { ...reference, name: from('old'), price: from('old'), stock: from('old') },
      },
    },
    next: {
      typeDefs: `type Item @key(fields: "id") { id: ID! price: String @override(from: "old", label: "${price}") stock: String @override(from: "old", label: "${stock}") }`,
      resolvers: { Item: { ...reference, price: from('next'), stock: from('next') } },
    },
  }
}

async function start(price: string, stock: string) {
  const graph = await startGraph(moving(price, stock))
  onTestFinished(() => graph.stop())
  return graph
}

test('a field moves when its label says every run, and stays when it says none or is not a percentage', async () => {
  const all = await start('percent(100)', 'percent(0)')
  expect((await all.ask('{ items { name price stock } }')).data).toEqual({
    items: [1, 2].map(() => ({ name: 'old', price: 'next', stock: 'old' })),
  })
  const named = await start('percent(100)', 'later')
  expect((await named.ask('{ item { price stock } }')).data).toEqual({ item: { price: 'next', stock: 'old' } })
})

test('each run of one request is drawn anew, and all objects of one run go the same way', async () => {
  const graph = await start('percent(50)', 'percent(50)')
  const ways = new Set<string>()
  for (let i = 0; i < 100; i++) {
    const { data, errors } = await graph.ask('{ items { price stock } }')
    expect(errors).toBeUndefined()
    ways.add(JSON.stringify(data))
  }
  const items = (service: string) => JSON.stringify({ items: [1, 2].map(() => ({ price: service, stock: service })) })
  expect([...ways].sort()).toEqual([items('next'), items('old')])
})

test('a run that takes a step takes every step that more runs take', async () => {
  const graph = await start('percent(33.5)', 'percent(66)')
  const ways = new Set<string>()
  for (let i = 0; i < 150; i++) ways.add(Object.values((await graph.ask('{ item { price stock } }')).data.item).join())
  expect([...ways].sort()).toEqual(['next,next', 'old,next', 'old,old'])
})

test('one draw decides all steps of a run', () => {
  const rollouts = ['percent(40)', 'percent(60)'].flatMap((label) => readRollout(label) ?? [])
  const taken = (drawn: number) => [...withRollouts(new Map(), rollouts, drawn).values()]
  expect([0, 0.399, 0.4, 0.599, 0.6, 0.999].map(taken)).toEqual([
    [true, true],
    [true, true],
    [false, true],
    [false, true],
    [false, false],
    [false, false],
  ])
})

test('what no label concerns is planned once', async () => {
  const { supergraphSdl } = await start('percent(50)', 'percent(20)')
  const plan = planOverrides(supergraphSdl)
  const asked: string[][] = []
  const planWith = (labels: readonly string[]) => {
    asked.push([...labels])
    return { kind: 'QueryPlan' as const }
  }
  plan?.('{ name }', planWith)
  expect(asked.splice(0)).toEqual([[]])
  plan?.('{ item { stock price } }', planWith)
  expect(asked).toEqual([[], ['percent(50)', 'percent(20)'], ['percent(50)']])
})
