import { PRICE, VERSION_AT, VERSION_DIGITS } from '../scenarios/prices.ts'
import { everySoOften } from './pace.ts'

/** Writes beside a load, and where its answers show what was written. */
export interface Written {
  /** Where the writes go, the JSON bodies that they take turns with, and how many leave in a second. */
  url: string
  bodies: readonly string[]
  perSecond: number
  /** Offsets of the written prices in an answer; none when it cannot show them. */
  at: readonly number[]
}

/** How old answers were that showed less than had been acknowledged before they were asked for. */
export interface WrittenReply {
  acknowledged: number
  perSecond: number
  /** Writes that were due but not sent, because `MAX_WRITING` had not been answered. */
  omitted: number
  failed: number
  firstFailure: string | null
  /** Stale answers by the least time, in milliseconds, from the acknowledgement to the request. */
  stale: Readonly<Record<number, number>>
  /** The longest such time; 0 when no answer was stale. */
  oldestMs: number
}

/** Bounds that stale answers are counted for, in milliseconds. */
export const STALE_AFTER_MS = [0, 10, 50, 100, 1_000] as const
const MAX_WRITING = 128
const WRITE_LIMIT_MS = 20_000

/** When which version of which entity was known to have been written; kept from one load to the next. */
export class History {
  /** By entity and version: when it, or a later one, was acknowledged first. */
  readonly #known: number[][] = []

  acknowledge(entity: number, version: number, at: number): void {
    const known = this.#known[entity] ?? []
    this.#known[entity] = known
    for (let older = known.length; older <= version; older++) known[older] = at
  }

  /** For how long, at `sentAt`, a later version than this one had been acknowledged; not positive when none had. */
  ageAt(entity: number, version: number, sentAt: number): number {
    const later = this.#known[entity]?.[version + 1]
    return later === undefined ? 0 : sentAt - later
  }
}

/** Sends the writes of a load until it is stopped, and judges its answers by them. */
export function startWriting({ url, bodies, perSecond, at }: Written, history: History) {
  const stale: Record<number, number> = Object.fromEntries(STALE_AFTER_MS.map((ms) => [ms, 0]))
  const reply: WrittenReply = {
    acknowledged: 0,
    perSecond: 0,
    omitted: 0,
    failed: 0,
    firstFailure: null,
    stale,
    oldestMs: 0,
  }
  const writing = new Set<Promise<void>>()
  const from = performance.now()
  let next = 0

  async function write(body: string): Promise<void> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
        signal: AbortSignal.timeout(WRITE_LIMIT_MS),
      })
      const text = await response.text()
      const [, entity, version] = PRICE.exec(text) ?? []
      if (entity === undefined) throw new Error(`Expected a written price, got: ${text.slice(0, 200)}`)
      history.acknowledge(Number(entity), Number(version), performance.now())
      reply.acknowledged++
    } catch (error) {
      reply.failed++
      reply.firstFailure ??= (error as Error).message
    }
  }

  const stop = everySoOften(perSecond, () => {
    if (writing.size >= MAX_WRITING) {
      reply.omitted++
      return
    }
    const sent = write(bodies[next++ % bodies.length] as string)
    writing.add(sent)
    void sent.finally(() => writing.delete(sent))
  })

  return {
    /** Takes note of what an answer shows that was asked for at `sentAt`, and puts back what its prices were at first. */
    judge(answer: Buffer, sentAt: number): void {
      let oldest = 0
      for (const offset of at) {
        const price = Number(answer.toString('latin1', offset, offset + VERSION_AT + VERSION_DIGITS))
        const entity = Math.floor((price - 1e9) / 1e7)
        oldest = Math.max(oldest, history.ageAt(entity, price % 1e7, sentAt))
        answer.fill('0', offset + VERSION_AT, offset + VERSION_AT + VERSION_DIGITS)
      }
      if (oldest <= 0) return
      for (const ms of STALE_AFTER_MS) if (oldest >= ms) stale[ms] = (stale[ms] ?? 0) + 1
      reply.oldestMs = Math.max(reply.oldestMs, oldest)
    },
    /** Resolves when the last write has been answered. */
    async stop(): Promise<WrittenReply> {
      stop()
      await Promise.all(writing)
      return { ...reply, perSecond: reply.acknowledged / ((performance.now() - from) / 1_000) }
    },
  }
}
