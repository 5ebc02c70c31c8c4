import { expect, test } from 'vitest'
import { createUnheard, tooMany } from './unheard.ts'

function clocked() {
  const clock = { now: 1_000 }
  const unheard = createUnheard(() => clock.now)
  const told = () => {
    const floors = unheard.floors()
    return typeof floors === 'string' ? JSON.parse(floors) : floors
  }
  return { clock, unheard, told }
}

test('tells of a change, at its highest version, until its event has come', () => {
  const { unheard, told } = clocked()
  expect(told()).toBeNull()
  unheard.learn('stock.a', 2)
  unheard.learn('stock.a', 1)
  unheard.learn('stock.b', 7)
  expect(told()).toEqual({ 'stock.a': 2, 'stock.b': 7 })
  expect([unheard.isHeard('stock.a', 2), unheard.isHeard('stock.a', 3), unheard.isHeard('stock.c', 1)]).toEqual([
    false,
    true,
    true,
  ])
  unheard.hear('stock.a', 1)
  unheard.hear('stock.b', 8)
  expect(told()).toEqual({ 'stock.a': 2 })
  unheard.hear('stock.a', 2)
  expect(told()).toBeNull()
  expect(unheard.isHeard('stock.a', 2)).toBe(true)
})

test('tells of a change whose event does not come for ten seconds', () => {
  const { clock, unheard, told } = clocked()
  unheard.learn('stock.a', 2)
  clock.now += 6_000
  unheard.learn('stock.b', 1)
  clock.now += 3_900
  expect(told()).toEqual({ 'stock.a': 2, 'stock.b': 1 })
  clock.now += 200
  expect(told()).toEqual({ 'stock.b': 1 })
  clock.now += 6_000
  expect(told()).toBeNull()
  // A client that comes back with its token is still told of it elsewhere.
  expect(unheard.isHeard('stock.a', 2)).toBe(false)
})

test('says when there are more than a header holds, and stops when enough were heard', () => {
  const { unheard, told } = clocked()
  for (let i = 0; i < 201; i++) unheard.learn(`stock.${i}`, 1)
  expect(told()).toBe(tooMany)
  unheard.hear('stock.7', 1)
  expect(Object.keys(told())).toHaveLength(200)
  for (let i = 0; i < 100; i++) unheard.learn(`stock.${'x'.repeat(200)}${i}`, 1)
  expect(told()).toBe(tooMany)
})

test('a header always fits', () => {
  const { unheard } = clocked()
  const characters: number[] = []
  for (let i = 0; i < 100; i++) {
    unheard.learn(`stock.${'x'.repeat(200)}${i}`, Number.MAX_SAFE_INTEGER)
    const floors = unheard.floors()
    if (typeof floors === 'string') characters.push(floors.length)
  }
  expect(Math.max(...characters)).toBeGreaterThan(7_000)
  expect(Math.max(...characters)).toBeLessThan(8_100)
})
