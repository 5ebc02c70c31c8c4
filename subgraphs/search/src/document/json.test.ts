import { expect, test } from 'vitest'
import { jsonForPostgres, textForPostgres } from './json.ts'

test('NUL and lone surrogates are left out, what only looks like them stays', () => {
  const rows = [{ text: 'a\0\0b\ud800c\udc00 😀 \\u0000 \\\u0000 \u001f' }]
  expect(JSON.parse(jsonForPostgres(rows))).toEqual([{ text: 'abc 😀 \\u0000 \\ \u001f' }])
})

test('a parameter has no NUL', () => expect(textForPostgres('a\0b')).toBe('ab'))
