import { LRUCache } from 'lru-cache'

/** One of the ranges of an `Accept` header (RFC 9110 §12.5.1). */
export interface Range {
  type: string
  weight: number
}

/** What a client thinks of a type. */
export interface Weight {
  weight: number
  /** Named itself, not taken in by a wildcard. */
  named: boolean
  place: number
}

/** Whether the first is to be sent rather than the second. */
export function isPreferred(a: Weight, b: Weight): boolean {
  if (a.weight !== b.weight) return a.weight > b.weight
  if (a.named !== b.named) return a.named
  return a.named && a.place < b.place
}

/** What the most specific range says of a type. */
export function weightOf(ranges: readonly Range[], type: string): Weight {
  for (const wanted of [type, 'application/*', '*/*']) {
    const place = ranges.findIndex((range) => range.type === wanted)
    if (place !== -1) return { weight: ranges[place]?.weight ?? 0, named: wanted === type, place }
  }
  return { weight: 0, named: false, place: -1 }
}

/** The ranges of an `Accept` header, without those that want another charset than UTF-8. */
export function rangesOf(accept: string): Range[] {
  return accept.split(',').flatMap((part) => {
    const { type, parameters } = readMediaType(part)
    if (!isUtf8(parameters.get('charset'))) return []
    const q = Number(parameters.get('q') ?? 1)
    return [{ type, weight: q >= 0 && q <= 1 ? q : 0 }]
  })
}

/** Clients send the same few headers again and again: the last 500 short ones are read once. */
export function remembered<T extends object>(read: (header: string) => T): (header: string) => T {
  const known = new LRUCache<string, T>({ max: 500 })
  return (header) => {
    if (header.length > 200) return read(header)
    let value = known.get(header)
    if (value === undefined) {
      value = read(header)
      known.set(header, value)
    }
    return value
  }
}

/** UTF-8 is what is meant when nothing is said. */
export function isUtf8(charset: string | undefined): boolean {
  return charset === undefined || charset === 'utf-8' || charset === 'utf8'
}

/** Types and parameters compare without regard to case; quoted values lose their quotes. */
export function readMediaType(text: string): { type: string; parameters: Map<string, string> } {
  const [type = '', ...rest] = text.toLowerCase().split(';')
  const parameters = new Map<string, string>()
  for (const parameter of rest) {
    const equals = parameter.indexOf('=')
    if (equals === -1) continue
    const value = parameter.slice(equals + 1).trim()
    parameters.set(parameter.slice(0, equals).trim(), value.replace(/^"(.*)"$/, '$1'))
  }
  return { type: type.trim(), parameters }
}
