import { expect, test } from 'vitest'
import { formatSeen, parseSeen } from './seen.ts'

test('what was seen is one line, and is read again', () => {
  const seen = {
    stream: '2026-11-22T10:00:00.123456789Z',
    last: new Map([
      ['catalog', 123],
      ['inventory', 45],
    ]),
  }
  expect(formatSeen(seen)).toBe('2026-11-22T10:00:00.123456789Z catalog=123 inventory=45')
  expect(parseSeen(formatSeen(seen))).toEqual(seen)
  expect(parseSeen(formatSeen({ ...seen, last: new Map() }))).toEqual({ ...seen, last: new Map() })
})

test('what is no such line is refused', () => {
  for (const text of [
    '',
    'stream catalog',
    'stream catalog=x',
    'stream  catalog=1',
    'stream catalog=1 ',
    ' catalog=1',
  ]) {
    expect(() => parseSeen(text)).toThrow(/does not say which events/)
  }
})
