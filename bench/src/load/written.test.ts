import { expect, test } from 'vitest'
import { History } from './written.ts'

test('an answer is as old as the first acknowledgement of anything later than it shows', () => {
  const history = new History()
  history.acknowledge(0, 1, 100)
  // The acknowledgements of writes that were under way together come in any order.
  history.acknowledge(0, 3, 200)
  history.acknowledge(0, 2, 300)
  expect([0, 1, 2, 3].map((version) => history.ageAt(0, version, 250))).toEqual([150, 50, 50, 0])
})

test('nothing is stale that was asked for before the acknowledgement, or of an entity that nobody wrote', () => {
  const history = new History()
  history.acknowledge(0, 1, 100)
  expect(history.ageAt(0, 0, 90)).toBeLessThanOrEqual(0)
  expect(history.ageAt(7, 0, 90)).toBe(0)
})
