import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SubgraphSource, startGraph, type TestGraph } from './graph.ts'

const ratings: SubgraphSource = {
  typeDefs: 'type Query { best: Media } type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }',
  resolvers: { Query: { best: () => ({ id: '1' }) }, Media: { stars: () => 5 } },
}
const graphs: Record<string, TestGraph> = {}

beforeAll(async () => {
  const start = (others: string) =>
    startGraph({
      catalog: {
        typeDefs: `type Query { hello: String medias: [Media!]! newest: Media } interface Media @key(fields: "id") { id: ID! title: String } ${others}`,
        resolvers: {
          Query: { hello: () => 'hi', medias: () => [], newest: () => null },
          Media: { __resolveType: () => null },
        },
      },
      ratings,
    })
  graphs.alone = await start('')
  graphs.beside = await start('type Other @key(fields: "id") { id: ID! }')
})
afterAll(() => Promise.all(Object.values(graphs).map((graph) => graph.stop())))

const refusal = {
  message: 'What the operation asks of "Media" needs the type of an object, and no type implements this interface.',
  extensions: { code: 'INTERFACE_WITHOUT_TYPES' },
}

test.each(['alone', 'beside'])(
  'an interface that no type implements is refused where its types count (%s)',
  async (name) => {
    const graph = graphs[name] as TestGraph
    expect(await graph.ask('{ hello best { title } }')).toMatchObject({ errors: [refusal] })
    expect(await graph.ask('{ hello best { __typename } }')).toMatchObject({ errors: [refusal] })
    expect(graph.subgraphs.ratings?.requests).toEqual([])
  },
)

test.each(['alone', 'beside'])('what needs no type of it is answered (%s)', async (name) => {
  const { data, errors } = await (graphs[name] as TestGraph).ask('{ hello best { id stars } medias { title stars } }')
  expect({ data, errors }).toEqual({ data: { hello: 'hi', best: { id: '1', stars: 5 }, medias: [] } })
})

test.each(['alone', 'beside'])(
  'a subgraph is asked even when all that is asked of the interface is elsewhere (%s)',
  async (name) => {
    const graph = graphs[name] as TestGraph
    const { data, errors } = await graph.ask(
      '{ medias { ...F } newest { ... { stars } } } fragment F on Media { stars }',
    )
    expect({ data, errors }).toEqual({ data: { medias: [], newest: null } })
  },
)

test('what no subgraph could say of an object is refused, and the rest of the operation not asked', async () => {
  const graph = await startGraph({
    catalog: {
      typeDefs: 'type Query { newest: Media } interface Media @key(fields: "id") { id: ID! }',
      resolvers: { Query: { newest: () => null }, Media: { __resolveType: () => null } },
    },
    ratings: {
      typeDefs:
        'type Query { best: Media } type Media @key(fields: "id", resolvable: false) @interfaceObject { id: ID! stars: Int }',
      resolvers: ratings.resolvers,
    },
  })
  try {
    expect(await graph.ask('{ best { stars } newest { id stars } }')).toEqual({
      status: 400,
      errors: [
        {
          message: 'No subgraph can say "stars" of what "newest" gives: no type implements "Media".',
          extensions: { code: 'INTERFACE_WITHOUT_TYPES' },
        },
      ],
    })
    expect(graph.subgraphs.ratings?.requests).toEqual([])
    expect((await graph.ask('{ best { stars } newest { id } }')).data).toEqual({ best: { stars: 5 }, newest: null })
  } finally {
    await graph.stop()
  }
})
