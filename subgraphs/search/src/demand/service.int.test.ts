import { testDatabase, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/search'
import { createLog } from '@commerce/service/log.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import { expect, test } from 'vitest'
import { createDemandService } from './service.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: await testDatabase('search') }) })
whenDone(() => database.$disconnect())
const log = createLog('search', 'silent')
const NOW = Date.parse('2026-05-10T10:00:00Z')

function serviceAt(now: number) {
  return createDemandService({ database, now: () => now, log })
}

test('two replicas add up, and a day is a day', async () => {
  const replicas = [serviceAt(NOW), serviceAt(NOW), serviceAt(NOW + DAY_MS)]
  for (const [n, replica] of replicas.entries()) for (let i = 0; i <= n; i++) replica.record('mug', i)
  await Promise.all(replicas.map((replica) => replica.flush()))
  const rows = await database.searchDemand.findMany({ orderBy: { day: 'asc' } })
  expect(rows.map(({ searches, withoutResults }) => [searches, withoutResults])).toEqual([
    [3, 2],
    [3, 1],
  ])
  await replicas[0]?.flush()
  expect(await database.searchDemand.count()).toBe(2)
})

test('no more wait than can be written at once', async () => {
  const service = serviceAt(NOW)
  for (let i = 0; i < 6_000; i++) service.record(`crowd ${i}`, 1)
  await service.flush()
  expect(await database.searchDemand.count({ where: { query: { startsWith: 'crowd' } } })).toBe(5_000)
})

test('what cannot be written waits, within bounds', async () => {
  const service = serviceAt(NOW)
  for (let i = 0; i < 6_000; i++) service.record(`query ${i}`, 1)
  await database.$executeRaw`alter table search_demand rename to gone`
  await expect(service.flush()).rejects.toThrow()
  service.record('query 1', 0)
  await database.$executeRaw`alter table gone rename to search_demand`
  await service.flush()
  expect(await database.searchDemand.count({ where: { query: { startsWith: 'query' } } })).toBe(5_000)
  const row = await database.searchDemand.findFirst({ where: { query: 'query 1' } })
  expect(row).toMatchObject({ searches: 2, withoutResults: 1 })
})

test('popular is what several found lately; what is old is forgotten, of past days the rare too', async () => {
  await database.searchDemand.deleteMany()
  const daysAgo = (days: number) => new Date(NOW - days * DAY_MS)
  const row = (day: Date, query: string, searches: number, withoutResults = 0) => ({
    day,
    query,
    searches,
    withoutResults,
  })
  await database.searchDemand.createMany({
    data: [
      row(daysAgo(1), 'lamp', 2),
      row(daysAgo(2), 'lamp', 2),
      row(daysAgo(0), 'laptop', 9),
      row(daysAgo(0), 'unicorn', 9, 8),
      row(daysAgo(0), 'once', 1),
      row(daysAgo(40), 'last month', 99),
      row(daysAgo(91), 'last quarter', 99),
      ...Array.from({ length: 10_005 }, (_, i) => row(daysAgo(5), `rare ${i}`, 1)),
    ],
  })
  const service = serviceAt(NOW)
  await service.refresh()
  expect(service.popular().map(({ query }) => query)).toEqual(['laptop', 'lamp'])
  expect(await database.searchDemand.count({ where: { query: { startsWith: 'rare' } } })).toBe(10_000)
  expect(await database.searchDemand.count({ where: { query: { startsWith: 'last' } } })).toBe(1)
})
