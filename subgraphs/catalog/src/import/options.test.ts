import { expect, it } from 'vitest'
import { readOptions } from './options.ts'
import { createProgress } from './progress.ts'

it('has a default for everything but the file', () => {
  expect(readOptions(['feed.csv'])).toEqual({
    file: 'feed.csv',
    policy: 'reject-row',
    url: 'http://127.0.0.1:4000/graphql',
    token: null,
    currency: null,
    report: null,
  })
  expect(readOptions(['--help'])).toBeNull()
})

it.each([
  [[], 'Name the file'],
  [['a', 'b'], 'One file at a time'],
  [['a', '--policy', 'maybe'], '--policy is'],
  [['a', '--url', 'nowhere'], '--url is'],
  [['a', '--currency', 'dollars'], '--currency is'],
  [['a', '--colour'], 'colour'],
])('says what is wrong with %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(message)
})

it('redraws a bar on a terminal and writes a line every few seconds elsewhere', () => {
  const drawn: string[] = []
  let now = 0
  const bar = createProgress({ isTTY: true, write: (text) => drawn.push(text) }, () => now)
  const log = createProgress({ write: (text) => drawn.push(text) }, () => now)
  for (now of [50, 200, 3_100]) {
    bar.show(0.5, 10)
    log.show(0.5, 10)
  }
  expect(drawn).toEqual([
    `\r[${'='.repeat(15)}${' '.repeat(15)}] 50%  10 rows`,
    `\r[${'='.repeat(15)}${' '.repeat(15)}] 50%  10 rows`,
    '50%, 10 rows\n',
  ])
})
