import type { PrismaClient } from '@commerce/prisma/inventory'
import { beforeAll, expect, it } from 'vitest'
import { openDatabase } from '../../test/inventory.ts'
import type { Sql } from '../stock/repository.ts'
import { claimKeys, forgetKeys, keepResults } from './repository.ts'

let database: PrismaClient

async function claimKey(sql: Sql, key: string, fingerprint: string) {
  const [claim] = await claimKeys(sql, [{ key, fingerprint }])
  return claim
}

beforeAll(async () => {
  ;({ database } = await openDatabase())
})

it('a key is taken once, and whoever comes later gets the answer that was kept', async () => {
  expect(await claimKey(database, 'k', 'f')).toEqual({ mine: true })
  await keepResults(database, [{ key: 'k', result: { units: 3 } }])
  expect(await claimKey(database, 'k', 'g')).toEqual({ mine: false, fingerprint: 'f', result: { units: 3 } })
})

it('of many keys each is claimed for itself', async () => {
  await claimKey(database, 'many 2', 'other')
  const wanted = ['many 3', 'many 2', 'many 1'].map((key) => ({ key, fingerprint: 'f' }))
  const claims = await claimKeys(database, wanted)
  expect(claims).toEqual([{ mine: true }, { mine: false, fingerprint: 'other', result: null }, { mine: true }])
  await keepResults(database, [
    { key: 'many 1', result: { units: 1 } },
    { key: 'many 3', result: { units: 3 } },
  ])
  expect(await claimKeys(database, wanted)).toMatchObject([{ result: { units: 3 } }, {}, { result: { units: 1 } }])
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
  expect((await claimKey(database, 'new', 'f'))?.mine).toBe(false)
  expect((await claimKey(database, 'old', 'f'))?.mine).toBe(true)
})
