import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLeaving } from './leaving.ts'
import type { OutboxRow, Published } from './outbox-table.ts'

const row = (id: string) => ({ id, event_id: `event ${id}` }) as OutboxRow

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo() && Date.now() < end; ) await delay(2)
}

function setUp() {
  const world = { trusted: true, notes: [] as Published[][], missed: 0, refuses: '', noteFails: false }
  const leaving = createLeaving({
    async publish({ id }) {
      await delay(1)
      if (id === world.refuses) throw new Error('no')
      return Number(id) * 10
    },
    async note(published) {
      if (world.noteFails) throw new Error('the database is gone')
      world.notes.push([...published])
    },
    isTrusted: () => world.trusted,
    missed: () => world.missed++,
  })
  return { world, leaving }
}

test('what has left is noted, and is on its way until then', async () => {
  const { world, leaving } = setUp()
  expect(leaving.send([row('1'), row('2')], 'here')).toBe(true)
  leaving.send([row('3')], 'here')
  expect(leaving.ids()).toEqual(['event 1', 'event 2', 'event 3'])
  await until(() => leaving.ids().length === 0)
  expect(world.notes.flat()).toEqual([
    { id: '1', eventId: 'event 1', holder: 'here', seq: 10 },
    { id: '2', eventId: 'event 2', holder: 'here', seq: 20 },
    { id: '3', eventId: 'event 3', holder: 'here', seq: 30 },
  ])
  expect(world.missed).toBe(0)
})

test('what did not leave is looked for, and nothing says that it has left', async () => {
  const { world, leaving } = setUp()
  world.refuses = '1'
  leaving.send([row('1'), row('2')], 'here')
  await until(() => leaving.ids().length === 0)
  expect(world.missed).toBe(1)
  expect(world.notes.flat().map(({ id }) => id)).toEqual(['2'])
})

test('what a server acknowledged that was lost meanwhile is looked for', async () => {
  const { world, leaving } = setUp()
  leaving.send([row('1')], 'here')
  world.trusted = false
  await until(() => leaving.ids().length === 0)
  expect([world.notes, leaving.ids(), world.missed]).toEqual([[], [], 1])
})

test('what could not be noted is looked for', async () => {
  const { world, leaving } = setUp()
  world.noteFails = true
  leaving.send([row('1')], 'here')
  await until(() => leaving.ids().length === 0)
  expect(world.missed).toBe(1)
})

test('no more than a thousand are on their way', async () => {
  const { leaving } = setUp()
  const many = Array.from({ length: 999 }, (_, i) => row(String(i)))
  expect(leaving.send(many, 'here')).toBe(true)
  expect(leaving.send([row('a'), row('b')], 'here')).toBe(false)
  expect(leaving.ids()).toHaveLength(999)
})
