import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGroupCommit, type Member, TooManyWaiting } from './group-commit.ts'
import type { Transact } from './outbox.ts'

interface Wanted {
  name: string
  shares?: string[]
  fails?: boolean
  takesMs?: number
  takesUntil?: Promise<void>
}

/** What each transaction carried out, and what was committed. */
function setUp() {
  const transactions: string[][] = []
  const committed: string[] = []
  const transact: Transact<string[]> = async (work) => {
    const written: string[] = []
    const result = await work(written, () => {})
    committed.push(...written)
    return result
  }
  const carryOut = async (tx: string[], members: readonly Member<Wanted>[]) => {
    transactions.push(members.map(({ input }) => input.name))
    for (const { input } of members) {
      await (input.takesUntil ?? delay(input.takesMs ?? 1))
      if (input.fails) throw new Error(`${input.name} failed`)
      tx.push(input.name)
    }
    return members.map(({ input }) => `did ${input.name}`)
  }
  const commit = createGroupCommit({
    transact,
    carryOut,
    namesOf: ({ name }) => [name.charAt(0)],
    sharedNamesOf: ({ shares = [] }) => shares,
  })
  return { transactions, committed, commit }
}

test('one alone has a transaction of its own, and those that come meanwhile share the next', async () => {
  const { transactions, commit } = setUp()
  const first = commit({ name: 'a', takesMs: 10 })
  await delay(3)
  const rest = ['b', 'c', 'd'].map((name) => commit({ name }))
  expect(await Promise.all([first, ...rest])).toEqual(['did a', 'did b', 'did c', 'did d'])
  expect(transactions).toEqual([['a'], ['b', 'c', 'd']])
})

test('what is about the same is done one after the other, each in its own transaction', async () => {
  const { transactions, commit } = setUp()
  await Promise.all(['a1', 'b1', 'a2', 'a3'].map((name) => commit({ name })))
  expect(transactions).toEqual([['a1', 'b1'], ['a2'], ['a3']])
})

test('what wants the same beside others shares a transaction, and waits for one that is under way', async () => {
  const { transactions, commit } = setUp()
  const { promise: takesUntil, resolve: finish } = Promise.withResolvers<void>()
  const slow = commit({ name: 'a', shares: ['row'], takesUntil })
  await delay(2)
  const rest = ['b', 'c', 'd'].map((name) => commit({ name, shares: ['row'] }))
  await commit({ name: 'e' })
  expect(transactions).toEqual([['a'], ['e']])
  finish()
  await Promise.all([slow, ...rest])
  expect(transactions).toEqual([['a'], ['e'], ['b', 'c', 'd']])
})

test('who wants several is not overtaken by those that want one of them', async () => {
  const { transactions, commit } = setUp()
  const { promise: takesUntil, resolve: finish } = Promise.withResolvers<void>()
  const first = commit({ name: 'a', shares: ['x'], takesUntil })
  await delay(2)
  const both = commit({ name: 'b', shares: ['x', 'y'] })
  const later = commit({ name: 'c', shares: ['y'] })
  await commit({ name: 'd', shares: ['z'] })
  finish()
  await Promise.all([first, both, later])
  expect(transactions).toEqual([['a'], ['d'], ['b', 'c']])
})

test('the failure of one is its own: the others are carried out without it, and nothing twice', async () => {
  const { committed, commit } = setUp()
  const results = await Promise.allSettled([
    commit({ name: 'a' }),
    commit({ name: 'b', fails: true }),
    commit({ name: 'c' }),
  ])
  expect(results).toMatchObject([{ value: 'did a' }, { reason: { message: 'b failed' } }, { value: 'did c' }])
  expect(committed.sort()).toEqual(['a', 'c'])
  expect(await commit({ name: 'b' })).toBe('did b')
})

test('one that takes long holds up only what is about the same', async () => {
  const { commit } = setUp()
  const done: string[] = []
  const note = async (wanted: Wanted) => done.push(await commit(wanted))
  const slow = note({ name: 'a1', takesMs: 200 })
  await delay(2)
  await Promise.all([slow, note({ name: 'a2' }), note({ name: 'b' })])
  expect(done).toEqual(['did b', 'did a1', 'did a2'])
})

test('more than can wait are refused, and nothing of them is done', async () => {
  const { transactions, commit } = setUp()
  const results = await Promise.allSettled(Array.from({ length: 2_003 }, (_, i) => commit({ name: `${i}` })))
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused.map(({ reason }) => reason instanceof TooManyWaiting)).toEqual([true, true, true])
  expect(transactions.flat()).toHaveLength(2_000)
})
