import { eventually } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { product } from '../../test/events.ts'
import { startHarness } from '../../test/harness.ts'

const harness = await startHarness()
await harness.publish([product({ title: 'Mug' })])
await harness.indexed()

interface Queries {
  searchQueries: {
    nodes: { query: string; searches: number; withoutResults: number }[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
}

async function search(query: string, args = ''): Promise<void> {
  const { errors } = await harness.graphql(
    `query ($query: String) { search(query: $query ${args}) { totalCount nodes { id } } }`,
    { query },
  )
  expect(errors).toBeUndefined()
}

async function queries(args = '(first: 10)'): Promise<Queries['searchQueries']> {
  const { data, errors } = await harness.graphql<Queries>(
    `{ searchQueries${args} { nodes { query searches withoutResults } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    {},
    ['search:read'],
  )
  expect(errors).toBeUndefined()
  return data?.searchQueries as Queries['searchQueries']
}

test('searches are counted, each wish once, and those without results apart', { timeout: 20_000 }, async () => {
  await search('Mug')
  await search('  MUG ')
  await search('mug', ', filters: { inStock: true }')
  await search('mug', ', sort: NEWEST')
  await search('unicorn')
  await search('unicorn')
  await search('unicorn')
  await search('me@example.com')
  await search(' ')
  await eventually('they are written', async () => (await queries()).nodes.length === 2)
  const [mug, unicorn] = [
    { query: 'mug', searches: 2, withoutResults: 0 },
    { query: 'unicorn', searches: 3, withoutResults: 3 },
  ]
  expect((await queries()).nodes).toEqual([unicorn, mug])
  expect((await queries('(withoutResults: true)')).nodes).toEqual([unicorn])
  expect((await queries('(until: "2020-01-01T00:00:00Z")')).nodes).toEqual([])
})

test('pages go forth and back, over days', async () => {
  const today = new Date().toISOString().slice(0, 10)
  const rows = Array.from({ length: 7 }, (_, i) => ({ query: `q${i}`, searches: 100 - (i >> 1) }))
  await harness.database.searchDemand.createMany({
    data: rows.flatMap(({ query, searches }) =>
      [today, '2026-01-01'].map((day) => ({ day: new Date(day), query, searches, withoutResults: 0 })),
    ),
  })
  const period = 'from: "2026-01-01T12:00:00Z"'
  const walked: string[] = []
  let after = ''
  for (let pages = 0; pages < 10; pages++) {
    const { nodes, pageInfo } = await queries(`(${period}, first: 2 ${after})`)
    walked.push(...nodes.map(({ query }) => query))
    if (!pageInfo.hasNextPage) break
    after = `, after: "${pageInfo.endCursor}"`
  }
  expect(walked).toEqual([...rows.map(({ query }) => query), 'unicorn', 'mug'])
  const last = await queries(`(${period}, last: 3)`)
  expect(last.nodes.map(({ query }) => query)).toEqual(['q6', 'unicorn', 'mug'])
  const before = await queries(`(${period}, last: 3, before: "${last.pageInfo.startCursor}")`)
  expect(before.nodes.map(({ query, searches }) => [query, searches])).toEqual([
    ['q3', 198],
    ['q4', 196],
    ['q5', 196],
  ])
})

test('it is for staff, and what makes no sense is refused', async () => {
  const ask = (args: string, scopes: string[]) =>
    harness.graphql(`{ searchQueries${args} { nodes { query } } }`, {}, scopes)
  expect((await ask('', [])).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  expect((await ask('', ['catalog:write'])).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  const turned = await ask('(from: "2026-02-01T00:00:00Z", until: "2026-01-01T00:00:00Z")', ['search:read'])
  expect(turned.errors?.[0]?.message).toBe('`from` is later than `until`.')
  const cursor = Buffer.from('["x"]').toString('base64url')
  expect((await ask(`(after: "${cursor}")`, ['search:read'])).errors?.[0]?.message).toContain('another list')
})
