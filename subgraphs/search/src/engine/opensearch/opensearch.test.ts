/*
 * What is sent to OpenSearch and how its answers are read, against answers written as its documentation gives them. That a real one does the
 * same is shown by the contract of all engines, in `opensearch.int.test.ts`. Long because it goes through all of the adapter.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { changes, document, request } from '../contract.ts'
import { noFilters, PositionError, type SearchEngine } from '../port.ts'
import { createOpenSearchEngine } from './engine.ts'
import { createGeneration, dropIndices, putTemplates, SEPARATOR, useGeneration } from './indices.ts'
import { KEEP_PRODUCT, KEEP_SKU } from './scripts.ts'
import { type Answers, createTestServer, type TestServer } from './test-server.ts'

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function serverWith(answers: Answers): Promise<TestServer> {
  const server = await createTestServer(answers)
  servers.push(server)
  return server
}

const acknowledged = () => ({ body: { acknowledged: true } })
const taken = () => ({ body: { took: 3, errors: false, items: [] } })
const noState = () => ({ status: 404, body: { _index: 'shop-state-1', _id: 'state', found: false } })

function requestsOf({ asked }: TestServer): string[] {
  return asked.map((one) => one.request)
}

function bodyOf(server: TestServer, path: string, n = 0): Record<string, unknown> {
  return server.asked.filter((one) => one.request === path)[n]?.body as Record<string, unknown>
}

describe('indices of OpenSearch', () => {
  it('have templates for their generations', async () => {
    const paths = ['products', 'skus', 'state'].map((kind) => `POST /_index_template/shop-${kind}`)
    const server = await serverWith(Object.fromEntries(paths.map((path) => [path, acknowledged])))
    await putTemplates(server.client, 'shop', { shards: 3, replicas: 1 })
    expect(requestsOf(server)).toEqual(paths)
    expect(bodyOf(server, paths[0] as string)).toMatchObject({
      index_patterns: ['shop-products-*'],
      template: {
        settings: { index: { number_of_shards: 3, number_of_replicas: 1 } },
        mappings: {
          dynamic: false,
          properties: { prices: { type: 'nested' }, titleText: { properties: { words: { analyzer: 'whitespace' } } } },
        },
      },
    })
  })

  it('are created once: those that exist are kept', async () => {
    const exists = () => ({
      status: 400,
      body: { error: { type: 'resource_already_exists_exception', reason: 'index exists' }, status: 400 },
    })
    const server = await serverWith({
      'PUT /shop-products-2': exists,
      'PUT /shop-skus-2': acknowledged,
      'PUT /shop-state-2': acknowledged,
    })
    await createGeneration(server.client, 'shop', '2')
    expect(requestsOf(server)).toHaveLength(3)
    const refusing = await serverWith({
      'PUT /shop-products-2': () => ({
        status: 403,
        body: { error: { type: 'security_exception', reason: 'no' }, status: 403 },
      }),
    })
    await expect(createGeneration(refusing.client, 'shop', '2')).rejects.toThrow('security_exception')
  })

  it('are swapped in one request, and the replaced ones are told', async () => {
    const alias = (kind: string) => () => ({ body: { [`shop-${kind}-1`]: { aliases: { [`shop-${kind}`]: {} } } } })
    const server = await serverWith({
      'GET /_alias/shop-products': alias('products'),
      'GET /_alias/shop-skus': alias('skus'),
      'GET /_alias/shop-state': () => ({ status: 404, body: { error: 'alias [shop-state] missing', status: 404 } }),
      'POST /_aliases': acknowledged,
      'DELETE /shop-products-1': acknowledged,
      'DELETE /shop-skus-1': acknowledged,
    })
    const replaced = await useGeneration(server.client, 'shop', '2')
    expect(replaced).toEqual(['shop-products-1', 'shop-skus-1'])
    expect(bodyOf(server, 'POST /_aliases')).toEqual({
      actions: [
        { remove: { index: 'shop-products-1', alias: 'shop-products' } },
        { remove: { index: 'shop-skus-1', alias: 'shop-skus' } },
        { add: { index: 'shop-products-2', alias: 'shop-products', is_write_index: true } },
        { add: { index: 'shop-skus-2', alias: 'shop-skus', is_write_index: true } },
        { add: { index: 'shop-state-2', alias: 'shop-state', is_write_index: true } },
      ],
    })
    await dropIndices(server.client, replaced)
    expect(requestsOf(server).slice(-2)).toEqual(['DELETE /shop-products-1', 'DELETE /shop-skus-1'])
  })

  it('have names that OpenSearch takes', async () => {
    const { client } = await serverWith({})
    expect(() => createOpenSearchEngine({ client, prefix: 'Shop' })).toThrow(
      /Expected a prefix of small letters.*"Shop"/,
    )
    expect(() => createOpenSearchEngine({ client, prefix: 'shop', generation: 'a*' })).toThrow(/Expected a generation/)
  })
})

describe('changes sent to OpenSearch', () => {
  const answers: Answers = {
    'PUT /shop-skus/_bulk': taken,
    'PUT /shop-products/_bulk': taken,
    'PUT /shop-state/_bulk': taken,
    'POST /shop-skus/_mget': ({ body }) => ({
      body: {
        docs: (body as { ids: string[] }).ids.map((id) => ({
          _index: 'shop-skus-1',
          _id: id,
          found: true,
          _source: {
            price: { version: 7, money: { minorUnits: 900, compareAtMinorUnits: null, currencyCode: 'USD' } },
            productIds: ['p', 'other'],
          },
        })),
      },
    }),
  }

  it('keep the newest of each SKU first, then bring what the SKUs know into their products, and are seen when they are done', async () => {
    const server = await serverWith(answers)
    const engine = createOpenSearchEngine({ client: server.client, prefix: 'shop' })
    const money = { minorUnits: 500, compareAtMinorUnits: null, currencyCode: 'USD' }
    await engine.apply(
      changes({
        products: [document('p', { title: 'Red Shoes', variants: [{ sku: 'A.1*', title: '42' }] })],
        prices: [
          { sku: 'A.1*', version: 3, money },
          { sku: 'A.1*', version: 2, money: null },
        ],
      }),
    )
    expect(requestsOf(server)).toEqual([
      'PUT /shop-skus/_bulk',
      'POST /shop-skus/_mget',
      'PUT /shop-products/_bulk',
      'PUT /shop-state/_bulk',
    ])
    expect(server.asked[0]?.body).toEqual([
      { update: { _id: 'sku:A.1*', retry_on_conflict: 5 } },
      {
        script: {
          lang: 'painless',
          source: KEEP_SKU,
          params: { price: { version: 3, money }, stock: null, productId: 'p' },
        },
        scripted_upsert: true,
        upsert: {},
      },
    ])
    expect(server.asked[2]?.query).toMatchObject({ refresh: 'true' })
    const lines = server.asked[2]?.body as Record<string, unknown>[]
    const change = lines[1] as { script: { source: string; params: Record<string, unknown> } }
    expect([lines[0], lines[2]]).toMatchObject([{ update: { _id: 'p' } }, { update: { _id: 'other' } }])
    expect(change.script.source).toBe(KEEP_PRODUCT)
    expect(change.script.params).toMatchObject({
      document: { productId: 'p', version: 1, titleText: { words: 'red shoes', stems: 'red shoe' }, skus: ['a.1*'] },
      offers: [{ sku: 'A.1*', price: { version: 7, money: { minorUnits: 900 } }, stock: null }],
    })
  })

  it('are sent in bounded batches', async () => {
    const server = await serverWith(answers)
    const engine = createOpenSearchEngine({ client: server.client, prefix: 'shop' })
    const stocks = Array.from({ length: 1_100 }, (_, n) => ({ sku: `s${n}`, version: 1, available: 1, sellable: true }))
    await engine.apply(changes({ stocks }))
    const bulks = server.asked.filter((one) => one.request === 'PUT /shop-skus/_bulk')
    expect(bulks.map(({ body }) => (body as unknown[]).length)).toEqual([1_000, 1_000, 200])
  })

  it('fail with the first reason when OpenSearch refuses some', async () => {
    const refused = () => ({
      body: {
        took: 1,
        errors: true,
        items: [{ update: { _id: 'sku:p', status: 400, error: { type: 'mapper_parsing_exception', reason: 'bad' } } }],
      },
    })
    const server = await serverWith({ ...answers, 'PUT /shop-skus/_bulk': refused })
    const engine = createOpenSearchEngine({ client: server.client, prefix: 'shop' })
    await expect((async () => engine.apply(changes({ products: [document('p')] })))()).rejects.toThrow(
      /take 1 changes into shop-skus; it refused 1, first sku:p: mapper_parsing_exception: bad/,
    )
  })
})

describe('searches of OpenSearch', () => {
  interface Found {
    ids: string[]
    total?: number
    aggregations?: Record<string, unknown>
    rest?: Record<string, unknown>
    hit?: Record<string, unknown>
  }

  function found({ ids, total = ids.length, aggregations = {}, rest = {}, hit = {} }: Found) {
    return {
      body: {
        took: 2,
        timed_out: false,
        hits: {
          total: { value: total, relation: 'eq' },
          hits: ids.map((id, n) => ({
            _index: 'shop-products-1',
            _id: id,
            _score: 9 - n / 100,
            sort: [2, 9 - n / 100, 0, id],
            ...hit,
          })),
        },
        aggregations: { total: { doc_count: total }, ...aggregations },
        ...rest,
      },
    }
  }

  const sources: Answers = {
    'GET /shop-state/_doc/state': noState,
    'POST /shop-products/_mget': ({ body }) => ({
      body: {
        docs: (body as { ids: string[] }).ids.map((id) => ({
          _id: id,
          found: true,
          _source: { inStock: 1, shown: { texts: ['Red running shoes', 'Acme'] } },
        })),
      },
    }),
  }

  async function engineWith(search: Answers[string]): Promise<{ engine: SearchEngine; server: TestServer }> {
    const server = await serverWith({ ...sources, 'POST /shop-products/_search': search })
    return { engine: createOpenSearchEngine({ client: server.client, prefix: 'shop' }), server }
  }
  const SEARCH = 'POST /shop-products/_search'

  it('ask for each word in each of its forms, and tell which words of a hit matched', async () => {
    const { engine, server } = await engineWith(() => found({ ids: ['a', 'b'] }))
    const answer = await engine.search(request('shoe red', { soldOut: 'HIDDEN' }))
    expect(answer).toMatchObject({ totalCount: 2, didYouMean: null, relaxed: [], asOf: null })
    expect(answer.hits.map(({ productId }) => productId)).toEqual(['a', 'b'])
    expect([...(answer.hits[0]?.matched ?? [])].sort()).toEqual(['red', 'shoes'])
    const text = JSON.stringify(bodyOf(server, SEARCH).query)
    for (const part of [
      '"word 0"',
      '"word 1"',
      '"minimum_should_match":2',
      '"titleText.words^3"',
      '{"inStock":{"value":1}}',
      '{"exists":{"field":"version"}}',
    ]) {
      expect(text).toContain(part)
    }
    expect(text).toContain('"prefix":{"titleText.words":{"value":"red"')
    expect(text).not.toContain('fuzziness')
  })

  it('look for near words when there are none, and say what was meant', async () => {
    const { engine, server } = await engineWith((_, times) =>
      times === 1
        ? found({ ids: [] })
        : found({
            ids: ['a'],
            rest: {
              suggest: {
                'word 0': [{ text: 'shoez', offset: 0, length: 5, options: [{ text: 'shoes', score: 0.8, freq: 3 }] }],
                'word 1': [{ text: 'acme', offset: 0, length: 4, options: [] }],
              },
            },
          }),
    )
    const answer = await engine.search(request('Shoez Acme '))
    expect(answer).toMatchObject({ totalCount: 1, didYouMean: 'shoes Acme' })
    expect(JSON.stringify(bodyOf(server, SEARCH, 1).query)).toContain('"fuzziness":1')
    expect(bodyOf(server, SEARCH, 1).suggest).toMatchObject({
      'word 0': { text: 'shoez', term: { field: 'spelling', max_edits: 1, prefix_length: 0, suggest_mode: 'missing' } },
    })
  })

  it('give up words when none has all, and say which', async () => {
    const { engine, server } = await engineWith((_, times) =>
      times < 3 ? found({ ids: [] }) : found({ ids: ['a'], hit: { matched_queries: ['word 0', 'word 1'] } }),
    )
    expect((await engine.search(request('red shoes flamingo '))).relaxed).toEqual(['flamingo'])
    const demanded = [0, 1, 2].map(
      (n) => /"minimum_should_match":([23])/.exec(JSON.stringify(bodyOf(server, SEARCH, n).query))?.[1],
    )
    expect(demanded).toEqual(['3', '3', '2'])
  })

  it('leave out, demand phrases and follow synonyms', async () => {
    const { engine, server } = await engineWith(() => found({ ids: ['a'] }))
    await engine.setSynonyms([{ terms: ['sofa', 'couch'], replacements: null }])
    await engine.search(request('sofa "hard drive" -blue -"light red"'))
    const text = JSON.stringify(bodyOf(server, SEARCH).query)
    for (const part of [
      '{"match_phrase":{"phrases":{"query":"hard drive"}}}',
      '{"match_phrase":{"phrases":{"query":"light red"}}}',
      '"query":"couch"',
      '"query":"blue"',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('lift what rules name, by filters and by id, and say of which hits', async () => {
    const { engine, server } = await engineWith(() =>
      found({ ids: ['a'], hit: { matched_queries: ['word 0', 'boost 1'] } }),
    )
    const rules = {
      pins: [],
      buried: [],
      boosts: [
        { filters: { brands: ['Acme'] }, factor: 2 },
        { filters: {}, productIds: ['a', 'b'], factor: 50 },
      ],
    }
    const answer = await engine.search(request('shoe', { rules, explain: true }))
    const text = JSON.stringify(bodyOf(server, SEARCH).query)
    expect(text).toContain('{"filter":{"bool":{"filter":[{"terms":{"brand":["Acme"]}}],"_name":"boost 0"}},"weight":2}')
    expect(text).toContain(
      '{"filter":{"bool":{"filter":[{"terms":{"productId":["a","b"]}}],"_name":"boost 1"}},"weight":10}',
    )
    expect(answer.hits[0]?.explanation?.parts.filter(({ name }) => name === 'boost')).toEqual([
      { kind: 'factor', name: 'boost', value: 10, detail: null },
    ])
  })

  it('filter behind the facets and count each facet without its own filter', async () => {
    const node = (parent: string, id: string, name: string) => [parent, parent, id, id, name].join(SEPARATOR)
    const { engine, server } = await engineWith(() =>
      found({
        ids: ['a'],
        aggregations: {
          category: { doc_count: 5, values: { buckets: [{ key: node('', 'shoes', 'Shoes'), doc_count: 5 }] } },
          brand: {
            doc_count: 5,
            values: { buckets: [{ key: 'Acme', doc_count: 3 }] },
            selected: { buckets: [{ key: 'Zeta', doc_count: 2 }] },
          },
          price: {
            doc_count: 2,
            prices: {
              doc_count: 2,
              own: {
                doc_count: 2,
                values: {
                  buckets: [
                    { key: '0', doc_count: 0 },
                    { key: '1', doc_count: 2 },
                  ],
                },
              },
            },
          },
          inStock: { doc_count: 2, values: { buckets: [{ key: 1, doc_count: 2 }] } },
          onSale: { doc_count: 2, prices: { doc_count: 2, own: { doc_count: 2, sale: { doc_count: 1 } } } },
          rating: {
            doc_count: 2,
            values: { buckets: { 1: { doc_count: 2 }, 2: { doc_count: 2 }, 3: { doc_count: 1 }, 4: { doc_count: 0 } } },
          },
          attributes: {
            doc_count: 2,
            nested: {
              doc_count: 2,
              names: { buckets: [{ key: 'color', doc_count: 2, values: { buckets: [{ key: 'Red', doc_count: 2 }] } }] },
            },
          },
          'attribute 0': {
            doc_count: 4,
            nested: {
              doc_count: 4,
              own: { doc_count: 4, values: { buckets: [{ key: 'L', doc_count: 3 }] }, selected: { buckets: [] } },
            },
          },
        },
      }),
    )
    const filters = {
      ...noFilters('USD'),
      brands: ['Zeta'],
      price: { min: 100n, max: null, currencyCode: 'USD' },
      attributes: [{ name: 'size', values: ['M'], min: null, max: null }],
    }
    const facets = { priceEdges: [1_000], names: null, valuesPerFacet: 10, match: null }
    const answer = await engine.search(request('', { filters, facets }))
    const counts = answer.facets.map(({ facet, name, value, count, selected }) => [facet, name, value, count, selected])
    expect(counts).toEqual([
      ['category', null, 'shoes', 5, false],
      ['brand', null, 'Acme', 3, false],
      ['brand', null, 'Zeta', 2, true],
      ['price', null, '1', 2, false],
      ['inStock', null, 'true', 2, false],
      ['onSale', null, 'true', 1, false],
      ['onSale', null, 'false', 1, false],
      ['rating', null, '1', 2, false],
      ['rating', null, '2', 2, false],
      ['rating', null, '3', 1, false],
      ['attribute', 'color', 'Red', 2, false],
      ['attribute', 'size', 'L', 3, false],
      ['attribute', 'size', 'M', 0, true],
    ])
    const body = bodyOf(server, SEARCH) as {
      aggs: Record<string, { filter: { bool: { filter: unknown[] } } }>
      post_filter: { bool: { filter: unknown[] } }
    }
    expect(body.post_filter.bool.filter).toHaveLength(3)
    const others = Object.fromEntries(
      Object.entries(body.aggs).map(([name, { filter }]) => [name, filter.bool.filter.length]),
    )
    expect(others).toEqual({
      total: 3,
      category: 3,
      brand: 2,
      price: 2,
      inStock: 3,
      onSale: 3,
      rating: 3,
      attributes: 3,
      'attribute 0': 2,
    })
    expect(JSON.stringify(body.aggs.brand)).not.toContain('{"terms":{"brand":["Zeta"]}}')
  })

  it('remember a walk: its next page comes from the ids of the first, whatever changed', async () => {
    const ids = Array.from({ length: 9 }, (_, n) => `p${n}`)
    const { engine, server } = await engineWith(({ body }) =>
      found({ ids: (body as { size: number }).size === 0 ? [] : ids, total: 9 }),
    )
    const slice = { limit: 3, backward: false, position: null }
    const first = await engine.search(request('', { slice }))
    expect(first.hits.map(({ productId }) => productId)).toEqual(['p0', 'p1', 'p2', 'p3'])
    const position = first.hits[2]?.position ?? null
    expect(JSON.stringify(position).length).toBeLessThan(200)
    const second = await engine.search(request('', { slice: { ...slice, position } }))
    expect(second.hits.map(({ productId }) => productId)).toEqual(['p3', 'p4', 'p5', 'p6'])
    expect(bodyOf(server, SEARCH, 1).size).toBe(0)
    const back = await engine.search(
      request('', { slice: { limit: 2, backward: true, position: second.hits[0]?.position ?? null } }),
    )
    expect(back.hits.map(({ productId }) => productId)).toEqual(['p2', 'p1', 'p0'])
  })

  it('go on by the order when the walk is forgotten, and against it', async () => {
    const { engine, server } = await engineWith(() => found({ ids: ['a', 'b', 'c'] }))
    const first = await engine.search(request('', { slice: { limit: 1, backward: false, position: null } }))
    const position = first.hits[0]?.position ?? null
    await engine.search(
      request('', { slice: { limit: 1, backward: true, position }, now: Date.parse('2026-07-01T00:00:00Z') }),
    )
    const body = bodyOf(server, SEARCH, 1) as { search_after: unknown[]; sort: Record<string, { order: string }>[] }
    expect(body.search_after).toEqual([2, 9, 0, 'a'])
    expect(body.sort.map((one) => Object.values(one)[0]?.order)).toEqual(['asc', 'asc', 'asc', 'desc'])
  })

  it('refuse a position of another list', async () => {
    const { engine } = await engineWith(() => found({ ids: ['a'] }))
    for (const position of [[], ['os:NEWEST', '1', '2', 'a', '', '0'], ['os:RELEVANCE', 'x', '1', '2', 'a', '', '0']]) {
      const wrong = request('', { slice: { limit: 1, backward: false, position } })
      await expect(engine.search(wrong)).rejects.toThrow(PositionError)
    }
  })

  it('fail when OpenSearch does', async () => {
    const { engine } = await engineWith(() => ({
      status: 503,
      body: { error: { type: 'cluster_block_exception', reason: 'blocked' }, status: 503 },
    }))
    await expect(engine.search(request('shoe'))).rejects.toThrow('cluster_block_exception')
  })

  it('complete what is typed', async () => {
    const source = (title: string) => ({
      shown: { title, brand: 'Lapro', texts: [] },
      categoryNodes: [['', '', 'c1', 'laptops', 'Laptops'].join(SEPARATOR)],
    })
    const { engine } = await engineWith(() => ({
      body: {
        hits: {
          hits: [
            { _id: 'a', _source: source('Gaming laptop') },
            { _id: 'b', _source: source('Laptop bag') },
          ],
        },
        aggregations: {},
      },
    }))
    const { queries, categories, brands, products } = await engine.suggest('lap', 5)
    expect(queries[0]).toMatchObject({
      text: 'laptop',
      parts: [
        { text: 'lap', highlighted: false },
        { text: 'top', highlighted: true },
      ],
    })
    expect(categories.map(({ text, id }) => [text, id])).toEqual([['Laptops', 'laptops']])
    expect(brands.map(({ text }) => text)).toEqual(['Lapro'])
    expect(products.map(({ id }) => id)).toEqual(['a', 'b'])
  })
})
