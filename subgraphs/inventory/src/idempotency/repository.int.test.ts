import type { PrismaClient } from '@commerce/prisma/inventory'
import { beforeAll, expect, it } from 'vitest'
import { openDatabase } from '../../test/inventory.ts'
import { claimKey, forgetKeys, keepResult } from './repository.ts'

let database: PrismaClient

beforeAll(async () => {
  ;({ database } = await openDatabase())
})

it('a key is taken once, and whoever comes later gets the answer that was kept', async () => {
  expect(await claimKey(database, 'k', 'f')).toEqual({ mine: true })
  await keepResult(database, 'k', { units: 3 })
  expect(await claimKey(database, 'k', 'g')).toEqual({ mine: false, fingerprint: 'f', result: { units: 3 } })
})

it('a claim whose transaction fails leaves the key free', async () => {
  const failing = database.$transaction(async (tx) => {
    await claimKey(tx, 'undone', 'f')
    throw new Error('later')
  })
  await expect(failing).rejects.toThrow('later')
  expect(await claimKey(database, 'undone', 'f')).toEqual({ mine: true })
})

it('only old keys are forgotten', async () => {
  await claimKey(database, 'new', 'f')
  await claimKey(database, 'old', 'f')
  await database.$executeRaw`update idempotency set at = now() - interval '8 days' where key = 'old'`
  expect(await forgetKeys(database, 7, 10)).toBe(1)
  expect((await claimKey(database, 'new', 'f')).mine).toBe(false)
  expect((await claimKey(database, 'old', 'f')).mine).toBe(true)
})
