import { randomUUID } from 'node:crypto'
import { STREAM } from '@commerce/events/stream.ts'
import { eventually } from '@commerce/local/testing.ts'
import { beforeEach, expect, test } from 'vitest'
import { createLocalCluster, type LocalCluster } from '../../test/cluster.ts'
import { price, product, stock } from '../../test/events.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { createWorld, type World } from '../../test/world.ts'

const STAFF = ['catalog:write', 'search:write']
const OPTIONS = { timeout: 60_000 }

let world: World
let cluster: LocalCluster
beforeEach(async () => {
  world = await createWorld()
  cluster = createLocalCluster()
})

async function found(replica: Harness, query: string, filters: object = {}): Promise<number | string> {
  const { data, errors } = await replica.graphql<{ search: { totalCount: number } | null }>(
    'query ($query: String, $filters: SearchFilters) { search(query: $query, filters: $filters) { totalCount } }',
    { query, filters },
  )
  return data?.search?.totalCount ?? errors?.[0]?.extensions.code ?? 'nothing'
}

interface Status {
  generation: number
  parkedEvents: number
  rebuild: { state: string; report: string | null } | null
}

async function status(replica: Harness): Promise<Status> {
  const query = '{ searchStatus { generation parkedEvents rebuild { state report } } }'
  const { data } = await replica.graphql<{ searchStatus: Status }>(query, {}, STAFF)
  return data?.searchStatus as Status
}

async function rebuilt(replica: Harness): Promise<Status> {
  const mutation = 'mutation { searchRebuild(input: {}) { rebuild { state } userErrors { code } } }'
  await replica.graphql(mutation, {}, STAFF)
  return eventually(
    'the rebuild ends',
    async () => {
      const now = await status(replica)
      return now.rebuild?.state === 'DONE' || now.rebuild?.state === 'REFUSED' ? now : null
    },
    30_000,
  )
}

const lamps = (count: number) =>
  Array.from({ length: count }, (_, n) => [
    product({ sku: `lamp-${n}`, title: `lamp ${n}` }),
    price(`lamp-${n}`, 100),
  ]).flat()

test(
  'replicas share one index: each change is taken in once, and who has seen it finds it at any of them',
  OPTIONS,
  async () => {
    await world.publish(lamps(50))
    await world.published()
    const [one, other] = await Promise.all([startHarness(world, cluster), startHarness(world, cluster)])
    expect([await found(one, 'lamp'), await found(other, 'lamp')]).toEqual([50, 50])
    let taken = 0
    cluster.beforeApply = async (_, { prices }) => {
      taken += prices.length
      await new Promise((resolve) => setTimeout(resolve, 50)) // long enough to be missed by who does not wait
    }
    for (let version = 2; version <= 30; version++) {
      await world.publish([price('lamp-1', version, { version }), stock('lamp-1', version % 2, version)])
      await world.published()
      const cents = `0.${String(version).padStart(2, '0')}`
      const filters = { priceMin: cents, priceMax: cents, inStock: version % 2 === 1 }
      expect([await found(one, 'lamp', filters), await found(other, 'lamp', filters)], `change ${version}`).toEqual([
        1, 1,
      ])
    }
    expect(taken).toBe(29)
    expect(cluster.indices.size).toBe(1)
    await Promise.all([one.stop(), other.stop()])

    // What nobody was there to hear is taken in by who comes next, without loading anew.
    cluster.beforeApply = (_, { products }) => {
      taken += products.length
    }
    await world.publish([product({ title: 'unheard' })])
    await world.published()
    const next = await startHarness(world, cluster)
    await next.indexed()
    expect(await found(next, 'unheard')).toBe(1)
    expect(taken).toBe(30)
  },
)

test(
  'while the cluster does not answer searches say so, events wait, and none is parked or lost',
  OPTIONS,
  async () => {
    const replica = await startHarness(world, cluster)
    await world.publish([product({ sku: 'waiting', title: 'waiting' })])
    await replica.indexed()
    cluster.isDown = true
    await world.publish([price('waiting', 1), product({ title: 'newcomer' })])
    await world.published()
    await new Promise((resolve) => setTimeout(resolve, 1_500)) // some tries
    expect(await found(replica, 'waiting')).toBe('SERVICE_UNAVAILABLE')
    const metrics = await (await fetch(`${replica.url}/metrics`)).text()
    expect(metrics).toMatch(/^search_index_lag [1-9]/m)
    expect(metrics).not.toContain('search_index_documents')
    cluster.isDown = false
    await replica.indexed(40_000)
    const filters = { priceMin: '0.01', priceMax: '0.01' }
    expect([await found(replica, 'waiting', filters), await found(replica, 'newcomer')]).toEqual([1, 1])
    expect((await status(replica)).parkedEvents).toBe(0)
  },
)

test(
  'a rebuilt index takes the place of the old one at every replica, with what changed while it was loaded',
  OPTIONS,
  async () => {
    await world.publish([...lamps(40), product({ sku: 'moving', title: 'moving target' })])
    await world.published()
    const [one, other] = await Promise.all([startHarness(world, cluster), startHarness(world, cluster)])
    const before = (await status(one)).generation
    let version = 1
    // A change comes while pages of the store are on their way into the new index.
    cluster.beforeApply = async (generation, { products }) => {
      if (generation === before || products.length < 2) return
      version++
      await world.publish([price('moving', version, { version })])
      await world.published()
    }
    expect((await rebuilt(one)).rebuild?.state).toBe('DONE')
    const generation = await eventually('it is searched', async () => {
      const now = (await status(one)).generation
      return now > before ? now : null
    })
    expect(version).toBeGreaterThan(1)
    const cents = (version / 100).toFixed(2)
    for (const replica of [one, other]) {
      expect(await found(replica, 'lamp')).toBe(40)
      expect(await found(replica, 'moving', { priceMin: cents, priceMax: cents })).toBe(1)
      await eventually('every replica knows', async () => (await status(replica)).generation === generation)
    }
    await eventually(
      'the old index is dropped',
      () => [...cluster.indices.keys()].join() === String(generation),
      20_000,
    )
  },
)

test('a refused index is dropped and the searched one stays', OPTIONS, async () => {
  const lost = product({ title: 'lost lamp', sku: 'lost' })
  await world.publish([...lamps(20), lost])
  await world.published()
  const replica = await startHarness(world, cluster)
  const before = (await status(replica)).generation
  await (await world.connection.nats.jetstreamManager()).streams.purge(STREAM, { filter: lost.subject })
  const { generation, rebuild } = await rebuilt(replica)
  expect(rebuild?.report).toContain('It holds fewer documents than before.')
  expect(generation).toBe(before)
  expect([...cluster.indices.keys()]).toEqual([before])
  expect(await found(replica, 'lost')).toBe(1)
})

test('an index that is gone, or was loaded in part only, is loaded again from the store', OPTIONS, async () => {
  const id = randomUUID()
  await world.publish([...lamps(30), product({ id, title: 'survivor' })])
  await world.published()
  const first = await startHarness(world, cluster)
  const { generation } = await status(first)
  await cluster.drop(generation)
  await eventually('it is there again', async () => (await found(first, 'survivor')) === 1, 20_000)
  await first.stop()

  // As who is killed while loading leaves it: an index that nobody searches, with some of the products.
  await cluster.drop(generation)
  await cluster.create(generation)
  const next = await startHarness(world, cluster)
  expect([await found(next, 'survivor'), await found(next, 'lamp')]).toEqual([1, 30])
})
