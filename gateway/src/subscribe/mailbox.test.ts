import { GraphQLError } from 'graphql'
import { expect, test } from 'vitest'
import { resultOf } from '../execute/operation.ts'
import { Mailbox } from './mailbox.ts'

const stateOf = (key: string, version: number) => resultOf(JSON.stringify({ key, version }), undefined)

function mailbox() {
  const state = { closed: 0 }
  const box = new Mailbox(() => {
    state.closed++
  })
  const put = (key: string, version: number) => box.put({ key, version, result: stateOf(key, version) })
  return { box, put, state }
}

test('keeps only the newest of each key, in the order of the last change', async () => {
  const { box, put } = mailbox()
  put('a', 1)
  put('b', 1)
  put('a', 2)
  expect((await box.next()).value).toEqual(stateOf('b', 1))
  expect((await box.next()).value).toEqual(stateOf('a', 2))
})

test('wakes a reader that waits', async () => {
  const { box, put } = mailbox()
  const next = box.next()
  put('a', 1)
  expect(await next).toEqual({ done: false, value: stateOf('a', 1) })
})

test('ends a reader that waits when it is closed, and tells it once', async () => {
  const { box, put, state } = mailbox()
  const next = box.next()
  await box.return()
  await box.return()
  expect(await next).toEqual({ done: true, value: undefined })
  put('a', 1)
  expect(state.closed).toBe(1)
})

test('delivers what waits before it fails', async () => {
  const { box, put, state } = mailbox()
  put('a', 1)
  box.fail(new GraphQLError('gone'))
  expect((await box.next()).done).toBe(false)
  await expect(box.next()).rejects.toThrow('gone')
  expect(await box.next()).toEqual({ done: true, value: undefined })
  expect(state.closed).toBe(1)
})
