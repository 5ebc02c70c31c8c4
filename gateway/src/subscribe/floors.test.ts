import { expect, test } from 'vitest'
import { createFloors } from './floors.ts'

function clocked() {
  const clock = { now: 1_000 }
  return { clock, floors: createFloors(() => clock.now) }
}

test('tells what was seen in the last five seconds, each at its highest version', () => {
  const { clock, floors } = clocked()
  expect(floors.header()).toBeNull()
  floors.see('stock.never', 0) // what never changed has no version that subgraphs could hold to
  expect(floors.header()).toBeNull()
  expect(floors.header({ 'stock.never': 0 })).toBeNull()
  floors.see('stock.a', 2)
  floors.see('stock.a', 1)
  clock.now += 3_000
  floors.see('stock.b', 7)
  expect(JSON.parse(floors.header() ?? '')).toEqual({ 'stock.a': 2, 'stock.b': 7 })
  clock.now += 3_000
  expect(JSON.parse(floors.header() ?? '')).toEqual({ 'stock.b': 7 })
  clock.now += 3_000
  expect(floors.header()).toBeNull()
})

test('tells what is asked for first, and the newest of the rest within its bounds', () => {
  const { clock, floors } = clocked()
  for (let i = 0; i < 1_000; i++) {
    clock.now += 1
    floors.see(`stock.${i}`, i)
  }
  const told = JSON.parse(floors.header({ 'stock.mine': 3 }) ?? '')
  expect(Object.keys(told)).toHaveLength(101)
  expect(told).toMatchObject({ 'stock.mine': 3, 'stock.999': 999, 'stock.900': 900 })
})

test('stays small enough for a header, however long the subjects are', () => {
  const { floors } = clocked()
  for (let i = 0; i < 100; i++) floors.see(`stock.${'x'.repeat(200)}${i}`, i)
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`stock.${'y'.repeat(100)}${i}`, i]))
  expect(floors.header()?.length).toBeLessThan(8_100)
  expect(floors.header(many)?.length).toBeLessThan(8_100)
})
