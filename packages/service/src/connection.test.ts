import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageFrom, toConnection } from './connection.ts'

const rows = Array.from({ length: 25 }, (_, i) => String(i).padStart(2, '0'))

/** What a repository does: rows after (or before) a position, nearest first, one more than asked for. */
function read(page: ReturnType<typeof pageFrom>): string[] {
  const at = page.position?.[0]
  const ordered = page.backward ? rows.toReversed() : rows
  const rest = at === undefined ? ordered : ordered.filter((row) => (page.backward ? row < at : row > at))
  return rest.slice(0, page.limit + 1)
}

test('walking pages in either direction sees every row once, in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.boolean(), (size, backward) => {
      let seen: string[] = []
      for (let cursor: string | null = null; ; ) {
        const page = pageFrom(backward ? { last: size, before: cursor } : { first: size, after: cursor })
        const { nodes, pageInfo } = toConnection(read(page), page, (row) => [row])
        seen = backward ? [...nodes, ...seen] : [...seen, ...nodes]
        if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) break
        cursor = backward ? pageInfo.startCursor : pageInfo.endCursor
      }
      expect(seen).toEqual(rows)
    }),
  )
})

test('arguments that make no sense are refused with what was expected', () => {
  expect(() => pageFrom({ first: 1, last: 1 })).toThrow('Give `first` or `last`, not both.')
  expect(() => pageFrom({ first: 101 })).toThrow('A page has 1 to 100 rows, 101 were asked for.')
  expect(() => pageFrom({ first: 0 })).toThrow('A page has 1 to 100 rows')
  expect(() => pageFrom({ after: 'nonsense' })).toThrow('"nonsense" is not a cursor of this list')
  expect(() => pageFrom({ first: 2, before: 'x' })).toThrow('`before` goes with `last`')
})
