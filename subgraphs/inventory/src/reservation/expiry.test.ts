import { createLog } from '@commerce/service/log.ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Expiry, startExpiry } from './expiry.ts'

const log = createLog('test', 'silent')
let expiry: Expiry

beforeEach(() => void vi.useFakeTimers())
afterEach(async () => {
  await expiry.stop()
  vi.useRealTimers()
})

/** Holds that end at these moments (ms of the fake clock); records when they were ended. */
function holds(...endings: number[]) {
  const ended: number[] = []
  const options = {
    async expireOverdue() {
      const overdue = endings.filter((at) => at <= Date.now()).slice(0, 2)
      for (const at of overdue) endings.splice(endings.indexOf(at), 1)
      ended.push(...overdue.map(() => Date.now()))
      return overdue.length
    },
    untilNext: async () => (endings.length > 0 ? Math.min(...endings) - Date.now() : null),
    batch: 2,
    what: 'holds',
    log,
  }
  return { ended, endings, options }
}

it('wakes at the moment the next hold ends', async () => {
  const now = Date.now()
  const { ended, options } = holds(now + 300, now + 2_450)
  expiry = startExpiry(options)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(ended).toEqual([now + 300, now + 2_450])
})

it('ends all that is overdue, batch after batch', async () => {
  const now = Date.now()
  const { ended, options } = holds(now, now, now, now, now)
  expiry = startExpiry(options)
  await vi.advanceTimersByTimeAsync(0)
  expect(ended).toHaveLength(5)
})

it('is woken for a hold that ends before the next look', async () => {
  const { ended, endings, options } = holds()
  expiry = startExpiry(options)
  await vi.advanceTimersByTimeAsync(100)
  const soon = Date.now() + 50
  endings.push(soon)
  expiry.expect(new Date(soon))
  await vi.advanceTimersByTimeAsync(60)
  expect(ended).toEqual([soon])
})

it('finds holds of another process within a second', async () => {
  const { ended, endings, options } = holds()
  expiry = startExpiry(options)
  await vi.advanceTimersByTimeAsync(100)
  endings.push(Date.now() + 10)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ended).toHaveLength(1)
})

it('rests while somebody else is working on what is overdue', async () => {
  const { options } = holds()
  const expireOverdue = vi.fn(options.expireOverdue)
  expiry = startExpiry({ ...options, expireOverdue, untilNext: async () => -5 })
  await vi.advanceTimersByTimeAsync(999)
  expect(expireOverdue).toHaveBeenCalledTimes(20)
})

it('goes on after the database failed', async () => {
  const now = Date.now()
  const { ended, options } = holds(now)
  const expireOverdue = vi.fn(options.expireOverdue).mockRejectedValueOnce(new Error('gone'))
  expiry = startExpiry({ ...options, expireOverdue })
  await vi.advanceTimersByTimeAsync(1_100)
  expect(ended).toHaveLength(1)
})
