import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { whenDone } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { type LoadAsk, runLoad } from './generator.ts'

const right = '{"data":{"a":1}}'
const answer = { bytes: right.length, sha1: createHash('sha1').update(right).digest('hex') }

/** A server on loopback; `handle` gets each request's body. */
async function serve(handle: (body: string, response: ServerResponse, request: IncomingMessage) => void) {
  const server = createServer(async (request, response) => handle(await text(request), response, request))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  whenDone(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
}

const load = (url: string, more: Partial<LoadAsk> = {}) =>
  runLoad({
    url,
    body: '{"query":"query Q00000000 { a }"}',
    connections: 4,
    seconds: 0.2,
    settleSeconds: 0.05,
    answer,
    hashEvery: 2,
    renewEvery: 0,
    ...more,
  })

test('keeps every connection busy with one request at a time and counts each answer', async () => {
  let now = 0
  let most = 0
  let asked = 0
  const ports = new Set<number | undefined>()
  const url = await serve((_, response, request) => {
    asked++
    most = Math.max(most, ++now)
    ports.add(request.socket.remotePort)
    // Slower than the four requests need to come in, so that all of them are open together.
    setTimeout(() => {
      now--
      response.end(right)
    }, 5)
  })
  const reply = await load(url)
  expect(reply).toMatchObject({ errors: 0, firstError: null, all: asked })
  expect(reply.requests).toBeGreaterThan(0)
  expect(reply.requests).toBeLessThan(reply.all)
  expect(reply.p99Ms).toBeGreaterThanOrEqual(reply.p50Ms)
  expect(reply.p50Ms).toBeGreaterThan(0)
  expect([most, ports.size]).toEqual([4, 4])
})

test('counts a status, a length or bytes that are not the expected ones as errors', async () => {
  const wrong = [
    [500, right, 'got status 500'],
    [200, `${right} `, 'and 17 bytes'],
    [200, right.replace('1', '2'), 'other bytes'],
  ] as const
  for (const [status, body, message] of wrong) {
    const url = await serve((_, response) => response.writeHead(status).end(body))
    const reply = await load(url, { hashEvery: 1 })
    expect(reply.errors).toBe(reply.all)
    expect(reply.firstError).toContain(message)
  }
})

test('makes operations that were not asked before as often as it is told', async () => {
  const asked: string[] = []
  const url = await serve((body, response) => {
    asked.push(JSON.parse(body).query)
    response.end(right)
  })
  await load(url, { connections: 1, renewEvery: 3 })
  expect(asked.slice(0, 7).map((query) => query.slice(6, 15))).toEqual(
    [0, 0, 1, 0, 0, 2, 0].map((number) => `Q0000000${number}`),
  )
})

test('goes on when the server closes a connection, and says so', async () => {
  let asked = 0
  const url = await serve((_, response, request) => {
    if (++asked === 3) request.socket.destroy()
    else response.end(right)
  })
  const reply = await load(url, { connections: 1 })
  expect(reply).toMatchObject({ errors: 1, firstError: 'The server closed a connection.' })
  expect(reply.all).toBeGreaterThan(10)
})

test('gives up with one sentence when nothing listens', async () => {
  const closed = createServer()
  await new Promise<void>((resolve) => {
    closed.listen(0, '127.0.0.1', resolve)
  })
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  await expect(load(`http://127.0.0.1:${port}/graphql`)).rejects.toThrow('ECONNREFUSED')
})

test('counts each answer that shows less than was acknowledged before it was asked for, and compares the rest of it', async () => {
  const shown = (version: number) => `{"price":${1_000_000_000 + version}}`
  const asked = { bytes: shown(0).length, sha1: createHash('sha1').update(shown(0)).digest('hex') }
  const serving = async (show: (version: number) => string) => {
    let version = 0
    const url = await serve((body, response) => {
      response.end(body === 'write' ? shown(++version) : show(version))
    })
    const written = { url, bodies: ['write'], perSecond: 100, at: [9] }
    return load(url, { answer: asked, written })
  }
  const right = await serving(shown)
  expect(right).toMatchObject({ errors: 0, written: { failed: 0, omitted: 0, oldestMs: 0 } })
  expect(right.written?.acknowledged).toBeGreaterThan(0)
  expect(right.written?.stale[0]).toBe(0)

  const { written, errors, all } = await serving(() => shown(0))
  expect(errors).toBe(0)
  expect(written?.stale[0]).toBeGreaterThan(0)
  expect(written?.stale[0]).toBeLessThan(all)
  expect(written?.stale[100]).toBeGreaterThan(0)
  expect(written?.oldestMs).toBeGreaterThan(100)

  expect((await serving((version) => shown(version).replace('price', 'prize'))).firstError).toContain('other bytes')
})
