import { expect, test } from 'vitest'
import { type Arrived, ResponseReader } from './response.ts'

const answers = [
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\nhello world',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\nc;name=value\r\nbig\r\n\r\nworld\r\n0\r\nx-trailer: 1\r\n\r\n',
  'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}',
  'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n',
].join('')

function readIn(pieces: string[]): { done: Arrived[]; text: string } {
  const done: Arrived[] = []
  let text = ''
  const reader = new ResponseReader(
    (piece) => {
      text += piece.toString('latin1')
    },
    (arrived) => {
      text += '|'
      done.push(arrived)
    },
  )
  for (const piece of pieces) reader.read(Buffer.from(piece, 'latin1'))
  return { done, text }
}

const expected = {
  done: [
    { status: 200, bytes: 11 },
    { status: 200, bytes: 18 },
    { status: 503, bytes: 0 },
    { status: 200, bytes: 2 },
    { status: 204, bytes: 0 },
  ],
  text: 'hello world|hello big\r\n\r\nworld||{}||',
}

test('reads answers one after the other, with a length and in chunks', () => {
  expect(readIn([answers])).toEqual(expected)
})

test('reads the same wherever the network cuts', () => {
  for (let at = 1; at < answers.length; at++)
    expect(readIn([answers.slice(0, at), answers.slice(at)])).toEqual(expected)
  expect(readIn([...answers])).toEqual(expected)
})

test.each([
  ['SSH-2.0-OpenSSH\r\n\r\n', 'Expected an HTTP/1.1 answer, got: SSH-2.0-OpenSSH'],
  ['HTTP/1.1 200 OK\r\n\r\n', 'Expected an answer with a content-length or in chunks, got neither.'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 'Expected the size of a chunk, got: zz'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n', 'Expected the end of a chunk, got: b'],
])('refuses %j', (answer, message) => {
  expect(() => readIn([answer])).toThrow(message)
})
