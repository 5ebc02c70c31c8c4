import { testDatabase, testNats, whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/inventory'
import { PrismaPg } from '@prisma/adapter-pg'
import { pino } from 'pino'
import { beforeAll, expect, test } from 'vitest'
import { changesSoFar, noteChange, notingChanges } from './changes.ts'
import { callCommand, command, serveCommands } from './command.ts'
import { releaseStock } from './commands.ts'
import { connectEvents, type EventConnection } from './connection.ts'
import { event } from './contracts.ts'
import { createGroupCommit } from './group-commit.ts'
import { createTransact, type Transact } from './outbox.ts'
import { withTrace } from './trace.ts'

const log = pino({ level: 'silent' })
const subject = (sku: string) => `inventory.stock.changed.${sku}`
let connection: EventConnection
let database: PrismaClient
let transact: Transact<never>

beforeAll(async () => {
  const [nats, url] = await Promise.all([testNats(), testDatabase('inventory')])
  database = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 4 }) })
  whenDone(() => database.$disconnect())
  connection = await connectEvents({ url: nats.url, name: 'test', log, replicas: 1 })
  whenDone(() => connection.close())
  transact = createTransact(database as never, () => {})
})

function change(sku: string, ...versions: number[]): Promise<void> {
  return transact(async (_tx, emit) => {
    for (const version of versions) {
      emit(event('inventory.stock.changed', { sku, version, locations: [], available: 0 }))
    }
  })
}

async function changesOf(work: () => Promise<unknown>): Promise<object> {
  const changes = new Map<string, number>()
  await notingChanges(changes, work)
  return Object.fromEntries(changes)
}

test('what is committed is noted, with the highest version of each', async () => {
  const work = async () => {
    await Promise.all([change('a', 1), change('b', 2, 3)])
    await change('a', 2)
    noteChange(subject('a'), 1)
    expect(Object.fromEntries(changesSoFar())).toEqual({ [subject('a')]: 2, [subject('b')]: 3 })
  }
  expect(await changesOf(work)).toEqual({ [subject('a')]: 2, [subject('b')]: 3 })
})

test('what is rolled back is not noted', async () => {
  const rolledBack = transact(async (_tx, emit) => {
    emit(event('inventory.stock.changed', { sku: 'a', version: 9, locations: [], available: 0 }))
    throw new Error('no')
  })
  expect(await changesOf(() => rolledBack.catch(() => {}))).toEqual({})
})

test('two that work at the same time note each their own', async () => {
  expect(await Promise.all([changesOf(() => change('a', 3)), changesOf(() => change('b', 4))])).toEqual([
    { [subject('a')]: 3 },
    { [subject('b')]: 4 },
  ])
})

test('those whose changes share a transaction note each their own, under their own trace', async () => {
  let transactions = 0
  const inGroup = createGroupCommit<never, string, void>({
    transact: ((work, options) => {
      transactions++
      return transact(work, options)
    }) as Transact<never>,
    namesOf: (sku) => [sku],
    async carryOut(_tx, members) {
      for (const { input: sku, emit } of members) {
        emit(event('inventory.stock.changed', { sku, version: 7, locations: [], available: 0 }))
      }
      return members.map(() => undefined)
    },
  })
  const traces = ['a', 'b'].map((digit) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`)
  const asked = ['grouped-1', 'grouped-2'].map((sku, i) => withTrace(traces[i], () => changesOf(() => inGroup(sku))))
  expect(await Promise.all(asked)).toEqual([{ [subject('grouped-1')]: 7 }, { [subject('grouped-2')]: 7 }])
  expect(transactions).toBe(1)
  const rows = await database.outbox.findMany({ where: { subject: { contains: 'grouped' } }, orderBy: { id: 'asc' } })
  expect(rows.map(({ traceparent }) => traceparent)).toEqual(traces)
})

test('who calls a command learns what it changed, also when it fails after that', async () => {
  let fails = false
  const handler = command(releaseStock, async () => {
    await change('held', fails ? 6 : 5)
    if (fails) throw new Error('failed')
    return { state: 'released' as const }
  })
  const served = await serveCommands(connection, 'inventory', [handler], log)
  whenDone(() => served.stop())
  const call = () =>
    callCommand(connection, releaseStock, { reservationId: '00000000-0000-4000-8000-000000000000' }, 5_000)
  expect(await changesOf(call)).toEqual({ [subject('held')]: 5 })
  fails = true
  expect(await changesOf(() => expect(call()).rejects.toThrow('failed'))).toEqual({ [subject('held')]: 6 })
  fails = false
  expect(await call()).toEqual({ state: 'released' }) // nobody has to note
})
