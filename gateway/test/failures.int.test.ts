// Long because each way to fail is one row over the same graph.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBody } from '@commerce/service/http.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { gatewayDefaults } from '../src/config.ts'
import { type Answer, startGraph, type TestGraph } from './graph.ts'

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  body: { query: string; variables: Record<string, unknown> },
) => void

const stockSdl = `
  type Query { total: Int hello: String anything: Thing json: Json }
  scalar Json
  type Note { text: String }
  union Thing = Note | Product
  type Mutation { reserve: Int }
  type Product @key(fields: "id") { id: ID! stock: Int sold: Int! }
`
let graph: TestGraph
let stock: Awaited<ReturnType<typeof scriptedServer>>

/** A subgraph that answers as each test says. */
async function scriptedServer() {
  let handler: Handler = () => {}
  const calls: { query: string; variables: Record<string, unknown> }[] = []
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await readBody(request, 1_000_000))
    calls.push(body)
    handler(request, response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    calls,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    answers(next: Handler) {
      handler = next
      calls.splice(0)
    },
    answersWith: (status: number, text: string, type = 'application/json') => {
      handler = (_request, response) => response.writeHead(status, { 'content-type': type }).end(text)
      calls.splice(0)
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

beforeAll(async () => {
  stock = await scriptedServer()
  graph = await startGraph(
    {
      catalog: {
        typeDefs: `
          type Query { products: [Product]! product: Product must: Product! broken: Product! twice: [Product!]! either: Either }
          union Either = Product | Other
          type Other { name: String }
          type Product @key(fields: "id") { id: ID! name: String! related: [Product!] }
        `,
        resolvers: {
          Query: {
            products: () => [{ id: '1' }, null, { id: '2' }, { id: '1' }],
            product: () => ({ id: '1' }),
            either: () => ({ __typename: 'Product', id: '1' }),
            must: () => ({ id: '1' }),
            broken: () => {
              throw new Error('broken')
            },
            twice: () => [{ id: '1' }, { id: '1' }],
          },
          Product: {
            name: ({ id }: { id: string }) => `Name ${id}`,
            related: ({ id }: { id: string }) => [{ id: `${id}1` }, { id: '1' }],
          },
        },
      },
    },
    {
      config: {
        subgraphTimeoutMs: 1_000,
        maxAnswerBytes: 20_000,
        // Each failure is seen by itself: the subgraph is never left alone.
        subgraphBreaker: { ...gatewayDefaults.subgraphBreaker, least: 100_000 },
      },
      remote: [{ name: 'stock', url: stock.url, typeDefs: stockSdl }],
    },
  )
})

beforeEach(() => stock.answersWith(500, 'no script'))

afterAll(async () => {
  await graph.stop()
  await stock.close()
})

const oneProduct = '{ product { name stock } }'
const named = { product: { name: 'Name 1', stock: null } }

describe('a subgraph that gives no usable answer makes its fields null, with one error that names them', () => {
  const cases: [how: string, prepare: () => void, code: string][] = [
    ['drops the connection', () => stock.answers((request) => request.socket.destroy()), 'SUBGRAPH_UNAVAILABLE'],
    ['never answers', () => stock.answers(() => {}), 'SUBGRAPH_TIMEOUT'],
    [
      'stops in the middle',
      () => stock.answers((_request, response) => response.writeHead(200).write('{"data":')),
      'SUBGRAPH_TIMEOUT',
    ],
    ['answers with a page', () => stock.answersWith(200, '<html>', 'text/html'), 'SUBGRAPH_MALFORMED'],
    ['is behind a proxy that says 502', () => stock.answersWith(502, '<html>', 'text/html'), 'SUBGRAPH_UNAVAILABLE'],
    ['answers with a list', () => stock.answersWith(200, '[]'), 'SUBGRAPH_MALFORMED'],
    ['answers with nothing of GraphQL', () => stock.answersWith(200, '{"ok":true}'), 'SUBGRAPH_MALFORMED'],
    ['answers with data of another kind', () => stock.answersWith(200, '{"data":5}'), 'SUBGRAPH_MALFORMED'],
    ['answers for too few entities', () => stock.answersWith(200, '{"data":{"_entities":[]}}'), 'SUBGRAPH_MALFORMED'],
    ['answers with no entity', () => stock.answersWith(200, '{"data":{"_entities":[[]]}}'), 'SUBGRAPH_MALFORMED'],
    [
      'answers with too much',
      () => stock.answersWith(200, JSON.stringify({ data: { _entities: [{ stock: 1, more: 'x'.repeat(20_000) }] } })),
      'SUBGRAPH_MALFORMED',
    ],
  ]
  test.each(cases)('%s', async (_how, prepare, code) => {
    prepare()
    const { status, data, errors } = await graph.ask(oneProduct)
    expect({ status, data }).toEqual({ status: 200, data: named })
    expect(errors).toMatchObject([{ path: ['product', 'stock'], extensions: { code, service: 'stock' } }])
    expect(JSON.stringify(errors)).not.toContain('127.0.0.1')
  })

  test('an error that takes the whole answer of a subgraph with it stays one error', async () => {
    const { data, errors } = await graph.ask('{ must { name } broken { name } product { name } }')
    expect(data).toBeNull()
    expect(errors?.map(({ path }) => path)).toEqual([['broken']])
  })

  test('of many places one error names the first and counts the rest', async () => {
    stock.answersWith(503, '')
    const { data, errors } = await graph.ask('{ products { stock related { stock } } }')
    expect(data.products[0]).toEqual({ stock: null, related: [{ stock: null }, { stock: null }] })
    expect(errors?.map(({ path, extensions }) => [path, extensions.places])).toEqual(
      expect.arrayContaining([
        [['products', 0, 'stock'], 3],
        [['products', 0, 'related', 0, 'stock'], 6],
      ]),
    )
  })

  test.each(['{"data":null}', '{"errors":[]}', '{"data":null,"errors":[]}'])(
    'also when it says no error: %s',
    async (text) => {
      stock.answersWith(200, text)
      const { data, errors } = await graph.ask('{ total }')
      expect(data).toEqual({ total: null })
      expect(errors).toMatchObject([{ path: ['total'], extensions: { code: 'SUBGRAPH_MALFORMED', service: 'stock' } }])
    },
  )

  test('root fields of other subgraphs are still there', async () => {
    const { data, errors } = await graph.ask('{ t: total product { name } hello }')
    expect(data).toEqual({ t: null, product: { name: 'Name 1' }, hello: null })
    expect(errors).toMatchObject([{ path: ['t'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'stock' } }])
  })

  test('a non-null field takes its parent with it, without a second error', async () => {
    const { data, errors } = await graph.ask('{ products { name sold } twice { sold } }')
    expect(data).toBeNull()
    expect(errors).toHaveLength(2)
  })
})

describe('a broken connection', () => {
  test('is tried once more for a query', async () => {
    let calls = 0
    stock.answers((request, response) => {
      if (++calls === 1) request.socket.destroy()
      else response.end('{"data":{"_entities":[{"stock":7}]}}')
    })
    expect((await graph.ask(oneProduct)).data).toEqual({ product: { name: 'Name 1', stock: 7 } })
    expect(calls).toBe(2)
  })

  test('is never tried again for a mutation', async () => {
    let calls = 0
    stock.answers((request) => {
      calls++
      request.socket.destroy()
    })
    const { data, errors } = await graph.ask('mutation { reserve }')
    expect({ data, code: errors?.[0].extensions.code, calls }).toEqual({
      data: { reserve: null },
      code: 'SUBGRAPH_UNAVAILABLE',
      calls: 1,
    })
  })
})

describe('errors of a subgraph', () => {
  const entityError = (n: number, extensions: object = {}) => ({
    message: 'no',
    path: ['_entities', n, 'stock'],
    extensions,
  })

  test('are found at every place of their entity, under the names of the client', async () => {
    stock.answers((_request, response, { query, variables }) => {
      // The client's alias does not get here: the gateway gave the field a name of its own.
      const key = /(\w+): ?stock/.exec(query)?.[1] ?? ''
      const ids = (variables.representations as { id: string }[]).map(({ id }) => id)
      const fault = {
        message: 'no',
        path: ['_entities', ids.indexOf('1'), key],
        extensions: { code: 'LOCKED', retryAfter: 3 },
      }
      const entities = ids.map((id) => ({ [key]: id === '1' ? null : 4 }))
      response.end(JSON.stringify({ data: { _entities: entities }, errors: [fault] }))
    })
    const { data, errors } = await graph.ask('{ all: products { s: stock } }')
    expect(data).toEqual({ all: [{ s: null }, null, { s: 4 }, { s: null }] })
    expect(errors).toEqual([
      { message: 'no', path: ['all', 0, 's'], extensions: { code: 'LOCKED', retryAfter: 3, service: 'stock' } },
      { message: 'no', path: ['all', 3, 's'], extensions: { code: 'LOCKED', retryAfter: 3, service: 'stock' } },
    ])
  })

  test('without a path are shown where their fields are', async () => {
    stock.answersWith(200, '{"errors":[{"message":"everything is broken"}]}')
    const { errors } = await graph.ask(oneProduct)
    expect(errors).toEqual([
      {
        message: 'everything is broken',
        path: ['product', 'stock'],
        extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: 'stock' },
      },
    ])
  })

  test('cannot set the status or the headers of the answer', async () => {
    stock.answersWith(
      200,
      JSON.stringify({ data: { _entities: [null] }, errors: [entityError(0, { http: { status: 302, headers: [] } })] }),
    )
    const { status, errors } = await graph.ask(oneProduct)
    expect(status).toBe(200)
    expect(errors?.[0].extensions).toEqual({ code: 'DOWNSTREAM_SERVICE_ERROR', service: 'stock' })
  })

  test('may have any shape', async () => {
    stock.answersWith(
      200,
      '{"data":null,"errors":[null,5,{"message":7,"path":"x","extensions":[]},{"message":"m","path":[{}]}]}',
    )
    const { data, errors } = await graph.ask(oneProduct)
    expect(data).toEqual(named)
    expect(errors).toHaveLength(4)
  })

  test('are listed up to a bound', async () => {
    stock.answersWith(
      200,
      JSON.stringify({
        data: { total: null },
        errors: Array.from({ length: 300 }, () => ({ message: 'no', path: ['total'] })),
      }),
    )
    const { errors } = await graph.ask('{ total product { stock } products { stock } }')
    expect(errors?.length).toBeLessThanOrEqual(501)
  })
})

describe('a hostile subgraph', () => {
  test('cannot reach the prototype of objects', async () => {
    stock.answersWith(
      200,
      '{"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"_entities":[{"stock":1,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]},"errors":[{"message":"x","extensions":{"__proto__":{"polluted":1}}}]}',
    )
    const { data } = await graph.ask(oneProduct)
    expect(data).toEqual({ product: { name: 'Name 1', stock: 1 } })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test.each([
    ['text for a number', '"7"'],
    ['an object for a number', '{"a":1}'],
    ['a list for a number', '[1]'],
    ['a number that is too large', '3000000000'],
  ])('that sends %s is an error of that field', async (_what, value) => {
    stock.answersWith(200, `{"data":{"_entities":[{"stock":${value}}]}}`)
    const { data, errors } = await graph.ask(oneProduct)
    expect(data).toEqual(named)
    expect(errors).toMatchObject([{ path: ['product', 'stock'], extensions: { code: 'SUBGRAPH_MALFORMED' } }])
  })

  test('that sends no entity for one of several is an error of that one', async () => {
    stock.answersWith(200, '{"data":{"_entities":["x",{"stock":2}]}}')
    const { data, errors } = await graph.ask('{ products { stock } }')
    expect(data).toEqual({ products: [{ stock: null }, null, { stock: 2 }, { stock: null }] })
    expect(errors).toMatchObject([
      { path: ['products', 0, 'stock'], extensions: { code: 'SUBGRAPH_MALFORMED', places: 2 } },
    ])
  })

  test.each([
    ['an object of a union without its type', '{"text":"x"}'],
    ['an object of a union with a number for its type', '{"__typename":1,"text":"x"}'],
    ['an object of a union with the type of another', '{"__typename":"Query","text":"x"}'],
    ['an object of a union with a type that every object seems to have', '{"__typename":"constructor"}'],
  ])('that sends %s is an error of that field', async (_what, value) => {
    stock.answersWith(200, `{"data":{"anything":${value},"total":1}}`)
    const { data, errors } = await graph.ask('{ total anything { ... on Note { text } } }')
    expect(data).toEqual({ total: 1, anything: null })
    expect(errors).toMatchObject([{ path: ['anything'], extensions: { code: 'SUBGRAPH_MALFORMED' } }])
  })

  test('that sends JSON too deep to be written is an error of that field', async () => {
    // As deep as fits into an answer here.
    stock.answersWith(200, `{"data":{"total":1,"json":${'['.repeat(9_900)}${']'.repeat(9_900)}}}`)
    const { data, errors } = await graph.ask('{ total json }')
    expect(data).toEqual({ total: 1, json: null })
    expect(errors).toMatchObject([{ path: ['json'], extensions: { code: 'SUBGRAPH_MALFORMED' } }])
  })

  test.each([
    ['an entity', '{ twice { name stock } product { name stock } }', `{"_entities":[{"stock":1,"more":DEEP}]}`, ''],
    ['what an error carries', '{ total }', '{"total":null}', ',"errors":[{"message":"no","extensions":{"more":DEEP}}]'],
  ])('that nests %s too deep is told, and is not our own fault', async (_what, query, data, errors) => {
    const deep = '['.repeat(9_900) + ']'.repeat(9_900)
    stock.answersWith(200, `{"data":${data}${errors}}`.replace('DEEP', deep))
    expect(await graph.ask(query)).toMatchObject({
      status: 200,
      data: null,
      errors: [{ extensions: { code: 'SUBGRAPH_MALFORMED' } }],
    })
  })

  test('cannot rename what another subgraph owns', async () => {
    for (const name of ['"Nope"', '"Note"', '"Thing"', '{"toString":null}']) {
      stock.answersWith(200, `{"data":{"_entities":[{"__typename":${name},"stock":2,"id":"9"}]}}`)
      expect((await graph.ask('{ either { __typename ... on Product { name stock } } }')).data).toEqual({
        either: { __typename: 'Product', name: 'Name 1', stock: 2 },
      })
    }
  })
})

describe('null where it must not be', () => {
  const paths = (answer: Answer) => answer.errors?.map(({ path, message }) => [path.join('.'), message])

  test('nulls the nearest parent that may be null, with one error', async () => {
    stock.answers((_request, response, { variables }) => {
      const entities = (variables.representations as { id: string }[]).map(({ id }) =>
        id === '1' ? null : { sold: 3 },
      )
      response.end(JSON.stringify({ data: { _entities: entities } }))
    })
    const answer = await graph.ask('{ products { sold } }')
    expect(answer.data).toEqual({ products: [null, null, { sold: 3 }, null] })
    expect(paths(answer)).toEqual([
      ['products.0.sold', 'Cannot return null for non-nullable field Product.sold.'],
      ['products.3.sold', 'Cannot return null for non-nullable field Product.sold.'],
    ])
  })

  test('nulls everything when no parent may be null', async () => {
    stock.answersWith(200, '{"data":{"_entities":[null]}}')
    const answer = await graph.ask('{ must { sold } product { name } }')
    expect(answer.data).toBeNull()
    expect(answer.errors).toHaveLength(1)
    expect(answer.errors?.[0].extensions.code).toBe('NOT_NULLABLE')
  })

  test('has no second error beside that of the subgraph', async () => {
    stock.answersWith(
      200,
      JSON.stringify({ data: { _entities: [null] }, errors: [{ message: 'why', path: ['_entities', 0, 'sold'] }] }),
    )
    const answer = await graph.ask('{ product { sold } }')
    expect(answer.data).toEqual({ product: null })
    expect(paths(answer)).toEqual([['product.sold', 'why']])
  })
})
