import { expect, test } from 'vitest'
import { withoutUndeclared } from './undeclared.ts'

test('what uses a variable that a request does not declare is left out, and no selection is empty', () => {
  const text = withoutUndeclared(
    'query Q($a:Int){x(a:$a){... on E{id@include(if:$b)}...F@skip(if:$b)} y(b:$b)} fragment F on E{id}',
  )
  expect(text.replaceAll(/\s+/g, ' ')).toContain('query Q($a: Int) { x(a: $a) { ... on E { __typename } } }')
})

test.each(['query Q($a:Int){x(a:$a)}', '{x(note:"costs $5")}'])(
  'a request that declares all it uses stays: %s',
  (text) => {
    expect(withoutUndeclared(text).replaceAll(/[\s,]/g, '')).toBe(text.replaceAll(/[\s,]/g, ''))
  },
)
