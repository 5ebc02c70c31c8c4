/*
 * Which documents hold a word, ascending, each with one packed number saying in which fields. A list lies in one piece of a large array and
 * moves to one twice as large when it is full; the place it leaves is given to the next list of that size.
 */
import { grown } from './grow.ts'

/** The list of a word: numbers `start` to `end` of both arrays. */
export interface List {
  documents: Uint32Array
  fields: Uint32Array
  start: number
  end: number
}

export interface Postings {
  /** `document` must be above all that the word has. */
  add(word: number, document: number, fields: number): void
  listOf(word: number): List
  /** Gives documents new numbers in the same order; those that become -1 are left out. */
  renumber(numbers: Int32Array): void
  bytes(): number
}

const SEGMENT = 1 << 20

export function createPostings(): Postings {
  const segments: { documents: Uint32Array; fields: Uint32Array }[] = []
  /** By size class (a list of class n has room for 2^n): places that are free. */
  const free: { segment: number; start: number }[][] = []
  let used = SEGMENT
  let segmentOf = new Uint16Array(0)
  let startOf = new Uint32Array(0)
  let lengthOf = new Uint32Array(0)
  let classOf = new Uint8Array(0)

  function placeFor(size: number): { segment: number; start: number } {
    const known = free[size]?.pop()
    if (known) return known
    const room = 2 ** size
    let last = segments[segments.length - 1]
    if (!last || used + room > last.documents.length) {
      const length = Math.max(SEGMENT, room)
      last = { documents: new Uint32Array(length), fields: new Uint32Array(length) }
      segments.push(last)
      used = 0
    }
    const start = used
    used += room
    return { segment: segments.length - 1, start }
  }

  function move(word: number, size: number): void {
    const length = lengthOf[word] as number
    const from = segments[segmentOf[word] as number]
    const start = startOf[word] as number
    const place = placeFor(size)
    const to = segments[place.segment] as (typeof segments)[number]
    if (length > 0 && from) {
      to.documents.set(from.documents.subarray(start, start + length), place.start)
      to.fields.set(from.fields.subarray(start, start + length), place.start)
      const left = classOf[word] as number
      free[left] ??= []
      free[left].push({ segment: segmentOf[word] as number, start })
    }
    segmentOf[word] = place.segment
    startOf[word] = place.start
    classOf[word] = size
  }

  return {
    add(word, document, fields) {
      lengthOf = grown(lengthOf, word + 1)
      segmentOf = grown(segmentOf, word + 1)
      startOf = grown(startOf, word + 1)
      classOf = grown(classOf, word + 1)
      const length = lengthOf[word] as number
      if (length === 0 && classOf[word] === 0) move(word, 1)
      else if (length === 2 ** (classOf[word] as number)) move(word, (classOf[word] as number) + 1)
      const segment = segments[segmentOf[word] as number] as (typeof segments)[number]
      const at = (startOf[word] as number) + length
      segment.documents[at] = document
      segment.fields[at] = fields
      lengthOf[word] = length + 1
    },
    listOf(word) {
      const length = lengthOf[word] ?? 0
      const segment = segments[segmentOf[word] ?? 0]
      if (length === 0 || !segment) return { documents: NONE, fields: NONE, start: 0, end: 0 }
      const start = startOf[word] as number
      return { ...segment, start, end: start + length }
    },
    renumber(numbers) {
      for (let word = 0; word < lengthOf.length; word++) {
        const length = lengthOf[word] as number
        if (length === 0) continue
        const { documents, fields } = segments[segmentOf[word] as number] as (typeof segments)[number]
        const start = startOf[word] as number
        let to = start
        for (let at = start; at < start + length; at++) {
          const number = numbers[documents[at] as number] as number
          if (number < 0) continue
          documents[to] = number
          fields[to++] = fields[at] as number
        }
        lengthOf[word] = to - start
      }
    },
    bytes: () => segments.reduce((sum, one) => sum + one.documents.byteLength * 2, 0) + lengthOf.length * 11,
  }
}

const NONE = new Uint32Array(0)
