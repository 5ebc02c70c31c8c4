import { expect, it } from 'vitest'
import { changes, describeEngine, document, request } from '../contract.ts'
import type { Position } from '../port.ts'
import { createResidentEngine } from './engine.ts'

describeEngine('resident', () => createResidentEngine())

const COUNT = 5_000
const shopOf = (version: number, word: string) =>
  Array.from({ length: COUNT }, (_, n) =>
    document(`p${n}`, { version, title: `${word} item${n % 10}`, popularity: (n * 7919 * version) % 1_000 }),
  )

it('finds the same after the words that changed were cleared away', async () => {
  const engine = createResidentEngine()
  for (const [n, word] of ['first', 'second', 'third'].entries()) {
    await engine.apply(changes({ products: shopOf(n + 1, word) }))
  }
  expect(await engine.documents()).toBe(COUNT)
  expect((await engine.search(request('third '))).totalCount).toBe(COUNT)
  expect((await engine.search(request('third item3 '))).totalCount).toBe(COUNT / 10)
  expect((await engine.search(request('"first item3"'))).totalCount).toBe(0)
  const hits = (await engine.search(request('item3 '))).hits
  expect(hits.every(({ productId, matched }) => productId.endsWith('3') && matched.includes('item3'))).toBe(true)
})

it('shows every hit of a long list exactly once while all of it changes', async () => {
  const engine = createResidentEngine()
  await engine.apply(changes({ products: shopOf(1, 'thing') }))
  const ids: string[] = []
  let position: Position | null = null
  for (let page = 0; page < 60; page++) {
    const { hits } = await engine.search(request('thing ', { slice: { limit: 100, backward: false, position } }))
    ids.push(...hits.slice(0, 100).map(({ productId }) => productId))
    if (hits.length <= 100) break
    position = hits[99]?.position ?? null
    if (page % 10 === 0) await engine.apply(changes({ products: shopOf(page + 2, 'thing') }))
  }
  expect(ids).toHaveLength(COUNT)
  expect(new Set(ids).size).toBe(COUNT)
})
