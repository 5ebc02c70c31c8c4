/** Fewer clients than this leave too little to look for. */
const leastGone = 1_000
/** A moment for what belongs to them to be let go of; whoever comes back at once is there by then. */
const waitMs = 10_000
/** Looking takes some hundred milliseconds in which nothing else is done. */
const restMs = 60_000

/**
 * Gives memory back to the system when most clients have left: V8 looks for garbage when something is allocated, and after a mass disconnect
 * nothing is. Does nothing in a process that was started without `--expose-gc`.
 */
export class Reclaiming {
  readonly #collect: (() => void) | undefined
  #most = 0
  #size = 0
  #timer: NodeJS.Timeout | undefined
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(collect = collector()) {
    this.#collect = collect
  }

  /** So many clients are connected now. */
  connected(size: number): void {
    this.#size = size
    this.#most = Math.max(this.#most, size)
    if (!this.#collect || this.#timer || !this.#isWorthIt()) return
    const ms = Math.max(waitMs, this.#lastAt + restMs - performance.now())
    this.#timer = setTimeout(() => this.#look(), ms).unref()
  }

  #isWorthIt(): boolean {
    return this.#most - this.#size >= leastGone && this.#size <= this.#most / 2
  }

  #look(): void {
    this.#timer = undefined
    const isWorthIt = this.#isWorthIt()
    this.#most = this.#size
    if (!isWorthIt) return
    this.#lastAt = performance.now()
    this.#collect?.()
  }
}

/** An ordinary collection frees the heap's pages and keeps them; only this kind gives them back. */
function collector(): (() => void) | undefined {
  const { gc } = globalThis
  return gc && (() => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }))
}
