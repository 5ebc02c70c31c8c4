import { parse } from 'graphql'
import { expect, test } from 'vitest'
import type { Operation } from '../execute/operation.ts'
import { planCache } from './plans.ts'

function counted(bounds: { maxPlans: number; maxPlannedText: number }) {
  const compiled: (string | undefined)[] = []
  const document = parse('{ a }')
  const cache = planCache(bounds, (_document, name) => {
    compiled.push(name)
    if (name === 'bad') throw new Error('no plan')
    return {} as Operation
  })
  return { compiled, plan: (source: string, name?: string) => cache(document, source, name) }
}

test('compiles an operation once, by text and name', () => {
  const { compiled, plan } = counted({ maxPlans: 10, maxPlannedText: 1_000 })
  plan('{ a }')
  plan('{ a }')
  plan('{ a }', 'A')
  plan('{ a }', 'A')
  plan('{ a } ')
  expect(compiled).toEqual([undefined, 'A', undefined])
})

test('forgets the least used beyond its bounds', () => {
  const { compiled, plan } = counted({ maxPlans: 2, maxPlannedText: 1_000 })
  for (const source of ['1', '2', '1', '3', '1', '2']) plan(source)
  expect(compiled).toHaveLength(4)
})

test('counts the text that it remembers', () => {
  const { compiled, plan } = counted({ maxPlans: 100, maxPlannedText: 100 })
  for (const i of [0, 1, 2, 3, 0, 1, 2, 3]) plan(`${i}`.repeat(40))
  expect(compiled).toHaveLength(8)
})

test('does not remember a failure', () => {
  const { compiled, plan } = counted({ maxPlans: 10, maxPlannedText: 1_000 })
  expect(() => plan('x', 'bad')).toThrow('no plan')
  expect(() => plan('x', 'bad')).toThrow('no plan')
  expect(compiled).toHaveLength(2)
})
