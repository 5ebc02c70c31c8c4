import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { Answered } from './answering.ts'
import { answerKnown } from './flights.ts'
import type { KnownRequest } from './known-requests.ts'

const answer: Answered = { status: 200, bytes: Buffer.from('{}'), kept: undefined }
const responseOf = () => new ServerResponse(new IncomingMessage(new Socket()))
const known = () => ({ flights: new Map() }) as unknown as KnownRequest

test('who has left already begins no run that others would join', async () => {
  const request = known()
  const left = responseOf()
  left.destroy()
  let runs = 0
  await answerKnown(
    request,
    'all',
    async () => answer,
    left,
    () => runs++,
  )
  const aborted: boolean[] = []
  await answerKnown(
    request,
    'all',
    async (signal) => {
      aborted.push(signal.aborted)
      return answer
    },
    responseOf(),
    () => runs++,
  )
  expect([runs, aborted]).toEqual([1, [false]])
})

test('an answer that cannot be written to one client is written to the others', async () => {
  const request = known()
  const { promise, resolve } = Promise.withResolvers<Answered>()
  const written: number[] = []
  const clients = [0, 1, 2].map((client) =>
    answerKnown(
      request,
      'all',
      () => promise,
      responseOf(),
      () => {
        if (client === 1) throw new Error('cannot be written')
        written.push(client)
      },
    ),
  )
  resolve(answer)
  expect((await Promise.allSettled(clients)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(written).toEqual([0, 2])
})
