import { type Cut, CutShort } from './cut.ts'

/** Thrown when as many wait as may. */
export class Full extends Error {}

/** At most so many requests at a time to one subgraph, and at most so many that wait, first come first served. */
export class Slots {
  running = 0
  readonly #size: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<() => void>()

  constructor(size: number, maxWaiting: number) {
    this.#size = size
    this.#maxWaiting = maxWaiting
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Takes a slot when one is free; else `wait` for it. */
  take(): boolean {
    if (this.running >= this.#size) return false
    this.running++
    return true
  }

  /** Resolves with a slot taken. Rejects at once with `Full`, or with a `CutShort` when the call ends before its turn. */
  wait(cut: Cut): Promise<void> {
    return new Promise((resolve, reject) => {
      if (cut.cause) return reject(new CutShort(cut.cause))
      if (this.#waiting.size >= this.#maxWaiting) return reject(new Full())
      const turn = () => resolve()
      this.#waiting.add(turn)
      cut.step = {
        cut: (cause) => {
          if (this.#waiting.delete(turn)) reject(new CutShort(cause))
        },
      }
    })
  }

  /** Gives a slot back, to the one who waits longest. */
  release(): void {
    const [next] = this.#waiting
    if (next === undefined) this.running--
    else {
      this.#waiting.delete(next)
      next()
    }
  }
}
