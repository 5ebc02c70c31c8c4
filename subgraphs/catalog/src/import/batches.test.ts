import { expect, it } from 'vitest'
import { inBatches, type Numbered } from './batches.ts'

async function sizes(rows: Iterable<object>): Promise<number[]> {
  const numbered = async function* (): AsyncGenerator<Numbered> {
    for (const row of rows) yield { line: 1, row: { sku: 's', title: 't', ...row }, warnings: [] }
  }
  const all: number[] = []
  for await (const batch of inBatches(numbered())) all.push(batch.length)
  return all
}

const times = (count: number, row: object) => Array.from({ length: count }, () => row)

it('has about 250 rows', async () => {
  expect(await sizes(times(600, {}))).toEqual([250, 250, 100])
  expect(await sizes([])).toEqual([])
})

it('goes on while the rows are of the same group, up to 500', async () => {
  expect(await sizes([...times(249, {}), ...times(40, { groupKey: 'g' }), {}])).toEqual([289, 1])
  expect(await sizes(times(600, { groupKey: 'g' }))).toEqual([500, 100])
})

it('stays below what the gateway takes, however long the rows are', async () => {
  expect(await sizes(times(100, { description: 'x'.repeat(20_000) }))).toEqual([30, 30, 30, 10])
})
