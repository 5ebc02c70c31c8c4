import { parse } from 'graphql'
import { expect, test } from 'vitest'
import type { Operation } from '../execute/operation.ts'
import { operationCache } from './plans.ts'

function counted(bounds: { maxPlans: number; maxPlanBytes: number }) {
  const compiled: string[] = []
  const document = parse('{ a }')
  const grow = new Map<string, (bytes: number) => void>()
  const cache = operationCache(bounds, async (_document, { source, operationName: name }, grew) => {
    grow.set(source, grew)
    compiled.push(name === undefined ? source : `${name}: ${source}`)
    if (name === 'bad') throw new Error('no plan')
    return { operation: { uses: 0 } as Operation, bytes: source.length }
  })
  return {
    compiled,
    cache,
    grow,
    plan: (source: string, name?: string) => cache.get(document, { source, operationName: name }),
  }
}

const wide = { maxPlans: 10, maxPlanBytes: 1_000 }

test('compiles an operation once, by text and name', async () => {
  const { compiled, plan } = counted(wide)
  await plan('{ a }')
  await plan('{ a }')
  await plan('{ a }', 'A')
  await plan('{ a }', 'A')
  await plan('A{ a }')
  await plan('{ a } ')
  expect(compiled).toEqual(['{ a }', 'A: { a }', 'A{ a }', '{ a } '])
})

test('compiles once what is asked for many times at once', async () => {
  const { compiled, plan } = counted(wide)
  const [first, second] = await Promise.all([plan('{ a }'), plan('{ a }')])
  expect(compiled).toHaveLength(1)
  expect(first).toBe(second)
})

test('forgets the least used beyond its bounds', async () => {
  const { compiled, plan } = counted({ maxPlans: 2, maxPlanBytes: 1_000 })
  for (const source of ['1', '2', '1', '3', '1', '2']) await plan(source)
  expect(compiled).toHaveLength(4)
})

test('counts the bytes that it remembers', async () => {
  const { compiled, plan, cache } = counted({ maxPlans: 100, maxPlanBytes: 100 })
  for (const i of [0, 1, 2, 3, 0, 1, 2, 3]) await plan(`${i}`.repeat(40))
  expect(compiled).toHaveLength(8)
  expect(cache.size()).toEqual({ operations: 2, bytes: 80 })
})

test('counts what an operation takes later, and lets others go for it', async () => {
  const { compiled, plan, cache, grow } = counted({ maxPlans: 100, maxPlanBytes: 100 })
  for (const source of ['a'.repeat(40), 'b'.repeat(40)]) await plan(source)
  grow.get('b'.repeat(40))?.(15)
  expect(cache.size()).toEqual({ operations: 2, bytes: 95 })
  grow.get('b'.repeat(40))?.(30)
  expect(cache.size()).toEqual({ operations: 1, bytes: 85 })
  grow.get('b'.repeat(40))?.(-45)
  // What was forgotten grows for nobody.
  grow.get('a'.repeat(40))?.(90)
  expect(cache.size()).toEqual({ operations: 1, bytes: 40 })
  grow.get('b'.repeat(40))?.(100)
  expect(cache.size()).toEqual({ operations: 0, bytes: 0 })
  await plan('b'.repeat(40))
  expect(compiled).toHaveLength(3)
})

test('does not remember a failure', async () => {
  const { compiled, plan } = counted(wide)
  await expect(plan('x', 'bad')).rejects.toThrow('no plan')
  await expect(plan('x', 'bad')).rejects.toThrow('no plan')
  expect(compiled).toHaveLength(2)
})

test('tells the busiest, and lets what was busy long ago fade', async () => {
  const { plan, cache } = counted(wide)
  const [a, b] = [await plan('a'), await plan('b')]
  for (let i = 0; i < 10; i++) cache.used(a)
  for (let i = 0; i < 4; i++) await plan('b')
  expect(cache.busiest(1)).toEqual([{ source: 'a', operationName: undefined }])
  cache.cool()
  cache.cool()
  for (let i = 0; i < 4; i++) cache.used(b)
  expect(cache.busiest(5).map(({ source }) => source)).toEqual(['b', 'a'])
})

test('what runs without being looked up is not forgotten for what is looked up once', async () => {
  const { plan, cache, compiled } = counted({ maxPlans: 3, maxPlanBytes: 1_000 })
  const hot = await plan('hot')
  for (let i = 0; i < 10; i++) {
    await plan(`once ${i}`)
    for (let run = 0; run < 20; run++) cache.used(hot)
  }
  expect(cache.sameAs(hot)).toBe(hot)
  expect(compiled).toHaveLength(11)
})
