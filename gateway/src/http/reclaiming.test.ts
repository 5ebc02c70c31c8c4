import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Reclaiming } from './reclaiming.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function start() {
  let looks = 0
  const reclaiming = new Reclaiming(() => void looks++)
  const move = (from: number, to: number) => {
    for (let size = from; size !== to; size += Math.sign(to - from)) reclaiming.connected(size)
    reclaiming.connected(to)
  }
  return { move, looks: () => looks }
}

test('memory is looked for once most of many clients have left', () => {
  const { move, looks } = start()
  move(0, 3_000)
  move(3_000, 1_600)
  vi.advanceTimersByTime(10_000)
  expect(looks()).toBe(0)
  move(1_600, 0)
  expect(looks()).toBe(0)
  vi.advanceTimersByTime(10_000)
  expect(looks()).toBe(1)
  vi.advanceTimersByTime(300_000)
  expect(looks()).toBe(1)
})

test('not for few, not when they come back at once, and at most once a minute', () => {
  const { move, looks } = start()
  move(0, 900)
  move(900, 0)
  vi.advanceTimersByTime(10_000)
  expect(looks()).toBe(0)
  move(0, 2_000)
  move(2_000, 0)
  move(0, 1_900)
  vi.advanceTimersByTime(10_000)
  expect(looks()).toBe(0)
  move(1_900, 0)
  vi.advanceTimersByTime(10_000)
  expect(looks()).toBe(1)
  move(0, 2_000)
  move(2_000, 0)
  vi.advanceTimersByTime(50_000)
  expect(looks()).toBe(1)
  vi.advanceTimersByTime(10_000)
  expect(looks()).toBe(2)
})
