import { randomUUID } from 'node:crypto'
import { consumerProgress } from '@commerce/events/progress.ts'
import { STREAM } from '@commerce/events/stream.ts'
import { eventually } from '@commerce/local/testing.ts'
import pg from 'pg'
import { expect, test } from 'vitest'
import { order, price, product, stock } from '../../test/events.ts'
import { startProcess } from '../../test/harness.ts'
import { createWorld, type World } from '../../test/world.ts'

const STAFF = { scopes: ['catalog:write', 'search:write'] }
const COLORS = ['red', 'green', 'blue']
const OPTIONS = { timeout: 120_000 }

/** A shop of so many products, with prices, stock and some orders. */
const shop = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const attributes = [{ name: 'color', value: COLORS[i % 3] as string }]
    const title = `lamp ${i % 10 === 0 ? 'desk' : 'floor'} ${i}`
    const about = { sku: `lamp-${i}`, title, brand: `brand ${i % 7}`, popularity: i % 5, attributes }
    return [
      product(about),
      price(`lamp-${i}`, 100 + (i % 40)),
      stock(`lamp-${i}`, i % 4),
      ...(i % 50 === 0 ? [order([`lamp-${i}`])] : []),
    ]
  }).flat()

const ANSWER = `query ($query: String, $filters: SearchFilters, $sort: SearchSort!) {
  search(query: $query, filters: $filters, sort: $sort, first: 50) {
    totalCount nodes { id } facets { key values { value count } }
  }
}`

/** What a process answers to searches of each kind. */
async function answers(world: World, url: string): Promise<unknown[]> {
  const asked = [
    { query: '', filters: {}, sort: 'PRICE_ASC' },
    { query: 'desk lamp', filters: {}, sort: 'RELEVANCE' },
    { query: 'lapm', filters: { inStock: true, brands: ['brand 1', 'brand 2'] }, sort: 'POPULARITY' },
    { query: 'floor', filters: { attributes: [{ name: 'color', values: ['red'] }], priceMin: '1.10' }, sort: 'NEWEST' },
  ]
  return Promise.all(
    asked.map(async (variables) => {
      const { data, errors } = await world.ask<{ search: { totalCount: number } }>(url, ANSWER, variables)
      expect(errors).toBeUndefined()
      expect(data?.search.totalCount).toBeGreaterThan(0)
      return data
    }),
  )
}

interface Rebuild {
  generation: number
  state: string
  taken: number
  expected: number
  report: string | null
}

async function begin(world: World, url: string, force = false): Promise<Rebuild> {
  const mutation = `mutation ($input: SearchRebuildInput!) {
    searchRebuild(input: $input) { rebuild { generation state taken expected report } userErrors { code } }
  }`
  const { data, errors } = await world.ask<{ searchRebuild: { rebuild: Rebuild } }>(
    url,
    mutation,
    { input: { force } },
    STAFF,
  )
  expect(errors).toBeUndefined()
  return data?.searchRebuild.rebuild as Rebuild
}

async function status(world: World, url: string): Promise<{ generation: number; rebuild: Rebuild | null }> {
  const query = '{ searchStatus { generation rebuild { generation state taken expected report } } }'
  const { data, errors } = await world.ask<{ searchStatus: { generation: number; rebuild: Rebuild | null } }>(
    url,
    query,
    {},
    STAFF,
  )
  expect(errors).toBeUndefined()
  return data?.searchStatus as { generation: number; rebuild: Rebuild | null }
}

async function ended(world: World, url: string): Promise<Rebuild> {
  return eventually(
    'the rebuild ends',
    async () => {
      const { rebuild } = await status(world, url)
      return rebuild?.state === 'DONE' || rebuild?.state === 'REFUSED' ? rebuild : null
    },
    40_000,
  )
}

test(
  'a rebuilt index gives the same answers everywhere, and no search fails or lacks anything meanwhile',
  OPTIONS,
  async () => {
    const world = await createWorld()
    const moving = randomUUID()
    await world.publish([...shop(600), product({ id: moving, sku: 'moving', title: 'moving target' })])
    await world.published()
    const [one, other] = await Promise.all([startProcess(world), startProcess(world)])
    const before = await answers(world, one.url)
    const was = await status(world, one.url)
    expect(was.rebuild).toBeNull()

    const found = new Set<string>()
    let stopped = false
    let version = 1
    const searching = [one, other].map(async ({ url }) => {
      while (!stopped) {
        const query = '{ search(query: "lamp") { totalCount nodes { id } } }'
        const { data, errors } = await world.ask<{ search: { totalCount: number; nodes: unknown[] } }>(
          url,
          query,
          {},
          { seen: false },
        )
        found.add(errors ? String(errors[0]?.message) : `${data?.search.totalCount} and ${data?.search.nodes.length}`)
      }
    })
    const changing = (async () => {
      while (!stopped) await world.publish([price('moving', ++version, { version })])
    })()
    const begun = await begin(world, one.url)
    expect(begun).toMatchObject({ state: 'FILLING' })
    expect(await begin(world, other.url)).toMatchObject({ generation: begun.generation })
    expect(await ended(world, one.url)).toMatchObject({ generation: begun.generation, state: 'DONE' })
    for (const { url } of [one, other]) {
      await eventually('it is searched', async () => (await status(world, url)).generation === begun.generation)
    }
    stopped = true
    await Promise.all([...searching, changing])

    expect([...found]).toEqual(['600 and 20'])
    await world.published()
    for (const { url } of [one, other]) {
      const now = (await answers(world, url)) as { search: { facets: unknown } }[]
      expect(now.slice(1)).toEqual(before.slice(1))
      const filters = { priceMin: (version / 100).toFixed(2), priceMax: (version / 100).toFixed(2) }
      const { data } = await world.ask<{ search: { totalCount: number } }>(url, ANSWER, {
        query: 'moving',
        filters,
        sort: 'RELEVANCE',
      })
      expect(data?.search.totalCount, `price ${version} of the moving target`).toBe(1)
    }
    await Promise.all([one.stop(), other.stop()])
  },
)

test('a rebuild whose process was killed goes on in the next where it was', OPTIONS, async () => {
  const world = await createWorld()
  await world.publish(shop(700))
  await world.published()
  await world.publish([product({ title: 'gate', sku: 'gate' }), ...shop(10).slice(0, 20)])
  await world.published()
  const first = await startProcess(world)
  const before = await answers(world, first.url)
  // The generation that is being filled stands still before this product for as long as the lock is held.
  await world.database.$executeRawUnsafe(`
    create function gate() returns trigger language plpgsql as $$ begin
      if new.body->>'title' = 'gate' and (select state from generation where id = new.generation) = 'FILLING' then
        perform pg_advisory_xact_lock(4711);
      end if;
      return new;
    end $$`)
  await world.database.$executeRawUnsafe(
    'create trigger gate before insert on product_document for each row execute function gate()',
  )
  const holder = new pg.Client(world.databaseUrl)
  await holder.connect()
  await holder.query('select pg_advisory_lock(4711)')

  const { generation } = await begin(world, first.url)
  const progress = () => consumerProgress(world.connection, `search-rebuild-${generation}`)
  const waiting = async () => {
    const { rows } = await holder.query(`select 1 from pg_locks where objid = 4711 and not granted`)
    return rows.length > 0
  }
  await eventually('the rebuild is in the middle', waiting, 30_000)
  const shown = await eventually('its progress is shown', async () => {
    const { rebuild } = await status(world, first.url)
    return rebuild && rebuild.taken > 0 ? rebuild : null
  })
  expect(shown.state).toBe('FILLING')
  expect(shown.taken).toBeLessThan(shown.expected)
  await first.kill()
  const floor = (await progress())?.floor as number
  expect(floor).toBeGreaterThan(500)
  await holder.end()

  const next = await startProcess(world)
  expect((await progress())?.floor ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(floor)
  expect(await ended(world, next.url)).toMatchObject({ generation, state: 'DONE' })
  expect((await status(world, next.url)).generation).toBe(generation)
  expect(await answers(world, next.url)).toEqual(before)
  await eventually('its consumer is forgotten', async () => (await progress()) === null)
  await next.stop()
})

test('an index that would hold less is refused, and taken when staff insist', OPTIONS, async () => {
  const world = await createWorld()
  const lost = product({ title: 'lost lamp', sku: 'lost' })
  await world.publish([...shop(60), lost])
  await world.published()
  const running = await startProcess(world)
  const before = await answers(world, running.url)
  const { generation } = await status(world, running.url)
  const manager = await world.connection.nats.jetstreamManager()
  await manager.streams.purge(STREAM, { filter: lost.subject })

  await begin(world, running.url)
  const refused = await ended(world, running.url)
  expect(refused).toMatchObject({ state: 'REFUSED' })
  expect(refused.report).toContain('It holds fewer documents than before.')
  expect(refused.report).toContain('60 products')
  expect((await status(world, running.url)).generation).toBe(generation)
  expect(await answers(world, running.url)).toEqual(before)

  const forced = await begin(world, running.url, true)
  expect(forced.generation).toBeGreaterThan(refused.generation)
  await eventually('it is searched', async () => (await status(world, running.url)).generation === forced.generation)
  const { data } = await world.ask<{ search: { totalCount: number } }>(running.url, ANSWER, {
    query: 'lost',
    filters: {},
    sort: 'RELEVANCE',
  })
  expect(data?.search.totalCount).toBe(0)
  await running.stop()
})

test('a store that is lost, or put back from an old copy, is filled again from the events', OPTIONS, async () => {
  const world = await createWorld()
  await world.publish(shop(120))
  await world.published()
  const first = await startProcess(world)
  const before = await answers(world, first.url)
  const copy = await world.database.$queryRaw<{ id: number; taken_seq: bigint }[]>`select id, taken_seq from generation`
  await world.publish([product({ title: 'after the copy', sku: 'after' })])
  await world.stored()
  await first.stop()

  await world.database.$executeRaw`
    truncate generation, product_document, variant_price, variant_stock, counted_order, variant_sales`
  const second = await startProcess(world)
  const found = async (url: string) => {
    const variables = { query: 'after the copy', filters: {}, sort: 'RELEVANCE' }
    const { data } = await world.ask<{ search: { nodes: unknown[] } }>(url, ANSWER, variables)
    return data?.search.nodes.length
  }
  expect(await found(second.url)).toBe(1)
  await world.database.$executeRaw`delete from product_document where skus @> array['after']`
  await world.database.$executeRaw`update generation set taken_seq = ${copy[0]?.taken_seq}`
  await second.stop()

  const third = await startProcess(world)
  expect(await ended(world, third.url)).toMatchObject({ state: 'DONE' })
  await expect.poll(() => found(third.url)).toBe(1)
  const now = (await answers(world, third.url)) as object[]
  expect(now.slice(1)).toEqual(before.slice(1))
  await third.stop()

  const fourth = await startProcess(world)
  await new Promise((resolve) => setTimeout(resolve, 1_200)) // two looks
  const { generation, rebuild } = await status(world, fourth.url)
  expect(rebuild, 'a store that lacks nothing is not rebuilt').toMatchObject({ generation, state: 'DONE' })
  await fourth.stop()
})
