import { grown } from './grow.ts'

/** Lists of whole numbers below 2^32, one a row, in a few large arrays instead of one small array each. */
export interface Rows {
  /** Replaces a row; what it held is wasted until more is wasted than held, then all rows are moved together. */
  set(row: number, values: ArrayLike<number>): void
  /** Where a row's numbers are. Valid until the next `set`. */
  segment(row: number): Uint32Array
  start(row: number): number
  length(row: number): number
  /** The arrays themselves, for who reads many rows: row `r` is in `segments[segmentOf[r]]`. Valid until the next `set`. */
  columns(): { segments: readonly Uint32Array[]; segmentOf: Uint16Array; startOf: Uint32Array; lengthOf: Uint32Array }
  bytes(): number
}

const SEGMENT = 1 << 18

export function createRows(): Rows {
  let segments: Uint32Array[] = [new Uint32Array(0)]
  let segmentOf = new Uint16Array(0)
  let startOf = new Uint32Array(0)
  let lengthOf = new Uint32Array(0)
  let used = 0
  let held = 0
  let written = 0

  function place(row: number, values: ArrayLike<number>): void {
    let last = segments[segments.length - 1] as Uint32Array
    if (used + values.length > last.length) {
      last = new Uint32Array(Math.max(SEGMENT, values.length))
      segments.push(last)
      used = 0
    }
    last.set(values, used)
    segmentOf[row] = segments.length - 1
    startOf[row] = used
    lengthOf[row] = values.length
    used += values.length
    written += values.length
    held += values.length
  }

  function moveTogether(): void {
    const old = segments
    segments = [new Uint32Array(0)]
    used = held = written = 0
    for (let row = 0; row < lengthOf.length; row++) {
      const length = lengthOf[row] as number
      if (length === 0) continue
      const start = startOf[row] as number
      place(row, (old[segmentOf[row] as number] as Uint32Array).subarray(start, start + length))
    }
  }

  return {
    set(row, values) {
      segmentOf = grown(segmentOf, row + 1)
      startOf = grown(startOf, row + 1)
      lengthOf = grown(lengthOf, row + 1)
      held -= lengthOf[row] as number
      lengthOf[row] = 0
      place(row, values)
      if (written > 2 * held + SEGMENT) moveTogether()
    },
    segment: (row) => segments[segmentOf[row] as number] as Uint32Array,
    start: (row) => startOf[row] ?? 0,
    length: (row) => lengthOf[row] ?? 0,
    columns: () => ({ segments, segmentOf, startOf, lengthOf }),
    bytes: () => segments.reduce((sum, one) => sum + one.byteLength, 0) + lengthOf.length * 10,
  }
}
