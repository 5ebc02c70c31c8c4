import { GraphQLError } from 'graphql'

/** Relay's pagination arguments. */
export interface PageArguments {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

/** One page to read: `limit` rows (ask for one more to know whether there is a next page), after or before a keyset position. */
export interface Page {
  limit: number
  backward: boolean
  /** The sort key values of the row to start after (or before), as strings; null at the start. */
  position: readonly string[] | null
}

export const MAX_PAGE = 100

/** Checks pagination arguments; 20 rows when neither `first` nor `last` is given, at most 100. Throws `BAD_USER_INPUT`. */
export function pageFrom({ first, after, last, before }: PageArguments): Page {
  if (first != null && last != null) throw badInput('Give `first` or `last`, not both.')
  if (first != null && before != null) throw badInput('`before` goes with `last`; with `first` use `after`.')
  if (last != null && after != null) throw badInput('`after` goes with `first`; with `last` use `before`.')
  const limit = first ?? last ?? 20
  if (limit < 1 || limit > MAX_PAGE) throw badInput(`A page has 1 to ${MAX_PAGE} rows, ${limit} were asked for.`)
  const cursor = after ?? before ?? null
  return {
    limit,
    backward: last != null || (before != null && first == null),
    position: cursor === null ? null : decodeCursor(cursor),
  }
}

/** An opaque cursor that holds a row's sort key. */
export function encodeCursor(position: readonly string[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

function decodeCursor(cursor: string): readonly string[] {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(position) && position.every((part) => typeof part === 'string')) return position
  } catch {}
  throw badInput(
    `"${cursor.slice(0, 100)}" is not a cursor of this list: use \`pageInfo.endCursor\` of the page before.`,
  )
}

/** A Relay connection over rows in display order. */
export interface Connection<T> {
  edges: { cursor: string; node: T }[]
  nodes: T[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

/**
 * Builds a connection from up to `limit + 1` rows, read in the direction of the page (backward pages in reverse order);
 * `positionOf` gives the sort key that the cursors hold.
 */
export function toConnection<T>(
  rows: readonly T[],
  page: Page,
  positionOf: (row: T) => readonly string[],
): Connection<T> {
  const nodes = rows.slice(0, page.limit)
  const more = rows.length > page.limit
  if (page.backward) nodes.reverse()
  const edges = nodes.map((node) => ({ cursor: encodeCursor(positionOf(node)), node }))
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: page.backward ? page.position !== null : more,
      hasPreviousPage: page.backward ? more : page.position !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}
