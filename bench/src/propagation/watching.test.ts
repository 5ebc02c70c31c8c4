import { expect, test } from 'vitest'
import { Sightings } from './watching.ts'

test('a change is seen when it or a newer one is, and what comes after a newer one is told', () => {
  const sightings = new Sightings()
  sightings.see('A', 1, 10)
  sightings.see('A', 4, 20)
  expect([1, 2, 4, 5].map((version) => sightings.of('A', version)?.at)).toEqual([10, 20, 20, undefined])
  expect(sightings.of('B', 1)).toBeUndefined()
  expect(sightings.repeated).toBe(0)
  sightings.see('A', 3, 30)
  expect([sightings.repeated, sightings.latest('A')]).toEqual([1, 4])
})
