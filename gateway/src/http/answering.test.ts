import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { writeAnswer } from './answering.ts'

test('tags that no header can hold are left out, and the answer is written', async () => {
  const tags = ['price.changed.a', 'price.\u20ac', 'price.a,b', 'price.a\r\nset-cookie: x', 'price changed', '']
  const kept = { tags, isPublic: true, at: performance.now(), until: Number.POSITIVE_INFINITY }
  const server = createServer((request, response) => {
    try {
      writeAnswer(request, response, {}, { status: 200, bytes: Buffer.from('{}'), kept })
    } catch {
      response.writeHead(500).end()
    }
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect([answer.status, await answer.text()]).toEqual([200, '{}'])
  expect(answer.headers.get('cache-tag')).toBe('price.changed.a')
})
