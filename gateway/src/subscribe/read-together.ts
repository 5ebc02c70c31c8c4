/**
 * Reads keys that are wanted at about the same time in one request. Whoever wants one while a read is under way waits for it, but not for long: so
 * a burst of changes takes few reads, and one that hangs holds up no other.
 */
export class ReadTogether<Answer> {
  readonly #read: (keys: readonly string[]) => Promise<Answer>
  readonly #wait: () => Promise<void>
  /** The read that begins next, and the one that began last. */
  #next: { keys: Set<string>; answer: Promise<Answer> } | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** `wait` says how long others may come. */
  constructor(read: (keys: readonly string[]) => Promise<Answer>, wait: () => Promise<void>) {
    this.#read = read
    this.#wait = wait
  }

  /** The answer that the key is part of. */
  read(key: string): Promise<Answer> {
    const keys = this.#next?.keys ?? new Set<string>()
    keys.add(key)
    if (this.#next) return this.#next.answer
    const before = this.#last
    const answer = (async () => {
      await Promise.race([before, this.#wait()])
      this.#next = undefined
      return this.#read([...keys])
    })()
    this.#next = { keys, answer }
    this.#last = answer
    return answer
  }
}
