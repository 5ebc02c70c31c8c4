import type { Fact, GatewayIndex, ReaderKind } from './ledger.ts'

/** An answer that was older than it may be. */
export interface Violation {
  reader: ReaderKind | 'writer'
  gateway: string
  shape: string
  about: string
  /** The lowest version, or the value of the version, that would have been right, and what came. */
  expected: string
  got: string
  /** Seconds since the start, of the request and of its answer. */
  sentAt: number
  answeredAt: number
  /** What was being disturbed when it was answered. */
  during: string
}

/** What is counted while the check runs. */
export interface Tally {
  reads: Record<ReaderKind, number>
  /** Answers by shape. */
  shapes: Record<string, number>
  writes: number
  errors: Record<string, number>
  writeErrors: Record<string, number>
  violations: number
  /** How many of them each gateway answered. */
  violationsOf: [number, number]
  /** The first of them. */
  written: Violation[]
  /** Plain answers older than one that the same gateway gave before: not promised without a token. */
  backwards: number
  during: string
  violate(violation: Omit<Violation, 'gateway' | 'about' | 'sentAt' | 'answeredAt' | 'during'>, where: Where): void
}

export interface Where {
  gateway: GatewayIndex
  fact: Fact
  /** `performance.now()` of the request. */
  sentAt: number
}

const WRITTEN = 20

export function createTally(): Tally {
  const started = performance.now()
  const seconds = (at: number) => Math.round(at - started) / 1_000
  const tally: Tally = {
    reads: { plain: 0, bearing: 0 },
    shapes: {},
    writes: 0,
    errors: {},
    writeErrors: {},
    violations: 0,
    violationsOf: [0, 0],
    written: [],
    backwards: 0,
    during: '',
    violate(violation, { gateway, fact, sentAt }) {
      tally.violations++
      tally.violationsOf[gateway]++
      if (tally.written.length >= WRITTEN) return
      const times = {
        sentAt: seconds(sentAt),
        answeredAt: seconds(performance.now()),
        during: tally.during || 'nothing',
      }
      tally.written.push({ gateway: `gateway-${gateway + 1}`, about: fact.name, ...violation, ...times })
    },
  }
  return tally
}

export function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
