import { expect, test } from 'vitest'
import { caughtUpCheck } from './readiness.ts'

test('ready once the index has caught up, and from then on', async () => {
  const lags = [9_000, 501, 12, 9_000]
  const check = caughtUpCheck(async () => lags.shift() ?? 0)
  expect(await check()).toBe('The index is being filled: 9000 changes wait.')
  expect(await check()).toContain('501')
  expect(await check()).toBe(true)
  expect(await check()).toBe(true)
})
