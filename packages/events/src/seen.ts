/**
 * How far somebody has followed the events of the graph: for each first token of a subject (`catalog`), the sequence number in the stream of
 * the last event that they were given. A reader of some subjects only can compare that with where it is itself, which it could not with
 * one number for all: nobody tells it of numbers that others' events have.
 */
export interface SeenEvents {
  /** The stream, known by its identity. */
  stream: string
  last: ReadonlyMap<string, number>
}

const FORM = /^\S{1,100}( [\w-]{1,100}=\d{1,15}){0,100}$/

/** What was seen as one line: `<stream> catalog=123 inventory=456`. */
export function formatSeen({ stream, last }: SeenEvents): string {
  return [stream, ...[...last].map(([token, seq]) => `${token}=${seq}`)].join(' ')
}

/** Reads a line that `formatSeen` made; throws a sentence when it is none. */
export function parseSeen(text: string): SeenEvents {
  if (!FORM.test(text)) throw new Error(`"${text.slice(0, 100)}" does not say which events were seen.`)
  const [stream = '', ...tokens] = text.split(' ')
  const last = tokens.map((token) => token.split('=') as [string, string])
  return { stream, last: new Map(last.map(([token, seq]) => [token, Number(seq)])) }
}
