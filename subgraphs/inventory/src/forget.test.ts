import { createLog } from '@commerce/service/log.ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Forgetting, startForgetting } from './forget.ts'

const HOUR = 3_600_000
const log = createLog('test', 'silent')
let forgetting: Forgetting

beforeEach(() => void vi.useFakeTimers())
afterEach(async () => {
  await forgetting.stop()
  vi.useRealTimers()
})

/** So many old rows; records how many each call deleted. */
function rows(old: number) {
  const table = { old, calls: [] as number[] }
  const forget = async (limit: number) => {
    const deleted = Math.min(limit, table.old)
    table.old -= deleted
    table.calls.push(deleted)
    return deleted
  }
  return { table, options: { what: 'rows', forget, batch: 10, log } }
}

it('forgets all that is old at once, in batches', async () => {
  const { table, options } = rows(25)
  forgetting = startForgetting(options)
  await vi.advanceTimersByTimeAsync(0)
  expect(table.calls).toEqual([10, 10, 5])
})

it('looks again every hour', async () => {
  const { table, options } = rows(0)
  forgetting = startForgetting(options)
  await vi.advanceTimersByTimeAsync(HOUR - 1)
  table.old = 3
  expect(table.calls).toEqual([0])
  await vi.advanceTimersByTimeAsync(1)
  expect(table.calls).toEqual([0, 3])
})

it('goes on after the database failed', async () => {
  const { table, options } = rows(3)
  const forget = vi.fn(options.forget).mockRejectedValueOnce(new Error('gone'))
  forgetting = startForgetting({ ...options, forget })
  await vi.advanceTimersByTimeAsync(HOUR)
  expect(table.calls).toEqual([3])
})

it('stops between two batches', async () => {
  const { table, options } = rows(1_000)
  forgetting = startForgetting(options)
  await forgetting.stop()
  expect(table.calls).toEqual([10])
})
