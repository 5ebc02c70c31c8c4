import { expect, test } from 'vitest'
import { statementNames } from './statements.ts'

test('a text has one name, another text another, and only so many have one', () => {
  const nameOf = statementNames()
  const first = nameOf({ sql: 'select 1' })
  expect(first).toMatch(/^[\w-]{20,40}$/)
  expect(nameOf({ sql: 'select 1' })).toBe(first)
  expect(nameOf({ sql: 'select 2' })).not.toBe(first)
  for (let n = 0; n < 1_000; n++) nameOf({ sql: `select ${n}` })
  expect(nameOf({ sql: 'select 1000' })).toBe('')
  expect(nameOf({ sql: 'select 1' })).toBe(first)
})
