import { expect, test } from 'vitest'
import { loadedCheck } from './readiness.ts'

test('ready once an index is loaded, and from then on', async () => {
  const lags = [9_000, 0, 9_000]
  let loaded = false
  const check = loadedCheck(
    () => loaded,
    async () => lags.shift() ?? 0,
  )
  expect(await check()).toBe('The index is being filled: 9000 changes wait.')
  expect(await check()).toBe('The index is being loaded.')
  loaded = true
  expect(await check()).toBe(true)
})
