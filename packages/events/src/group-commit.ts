import { AsyncLocalStorage } from 'node:async_hooks'
import type { Emit, Transact } from './outbox.ts'

/** One intention of a group. */
export interface Member<I> {
  input: I
  /** What the change of this member is, and of no other. */
  emit: Emit
}

export interface GroupCommitOptions<Tx, I, R> {
  transact: Transact<Tx>
  /** Carries out all of them in one transaction; their results in the same order. What it throws for several, each of them meets alone. */
  carryOut(tx: Tx, members: readonly Member<I>[]): Promise<readonly R[]>
  /** What it is about: intentions that share one of these names are carried out one after the other. */
  namesOf(input: I): readonly string[]
  /**
   * What it wants beside others: intentions that share one of these are carried out in the same transaction or one after the other, so that
   * those that want the same row do not queue for it one by one, each in a transaction of its own.
   */
  sharedNamesOf?(input: I): readonly string[]
}

/** More wait than can be carried out soon: nothing was done. */
export class TooManyWaiting extends Error {
  override name = 'TooManyWaiting'
  constructor() {
    super(`${MOST_WAITING} changes are waiting to be made already. Try again later.`)
  }
}

/** A transaction that takes longer than this waits for somebody's lock: it does not hold up the next one. */
const PATIENCE_MS = 20
const GROUPS_AT_ONCE = 5
const MOST_MEMBERS = 100
const MOST_WAITING = 2_000

interface Waiting<I, R> {
  input: I
  names: readonly string[]
  shared: readonly string[]
  /** Runs something as part of the work that wants this: its trace, and the changes it is told of. */
  within: <T>(work: () => T) => T
  resolve(result: R | Promise<R>): void
  reject(error: unknown): void
}

/**
 * Group commit: intentions that come while a transaction is under way share the next one, so that the price of a transaction is
 * paid once for all of them, and under load a database is asked no more often than when it is idle. Alone, an intention waits for nobody. When a
 * transaction fails, or nobody knows whether it did, each is carried out again by itself: they are idempotent.
 */
export function createGroupCommit<Tx, I, R>(options: GroupCommitOptions<Tx, I, R>): (input: I) => Promise<R> {
  const { transact, carryOut, namesOf, sharedNamesOf = () => [] } = options
  let waiting: Waiting<I, R>[] = []
  const busy = new Set<string>()
  let running = 0
  /** Those of them that have not lost their right to be alone. */
  let prompt = 0
  let starting = false

  function start(): void {
    if (starting || prompt > 0 || running >= GROUPS_AT_ONCE || waiting.length === 0) return
    starting = true
    // What arrives in the same turn of the event loop belongs together.
    setImmediate(() => {
      starting = false
      const group = take()
      if (group.length === 0) return
      running++
      prompt++
      let isPrompt = true
      const giveWay = (): void => {
        if (isPrompt) prompt--
        isPrompt = false
        start()
      }
      const timer = setTimeout(giveWay, PATIENCE_MS)
      void commit(group).finally(() => {
        clearTimeout(timer)
        running--
        for (const { names, shared } of group) for (const name of [...names, ...shared]) busy.delete(name)
        giveWay()
      })
    })
  }

  function take(): Waiting<I, R>[] {
    const group: Waiting<I, R>[] = []
    const left: Waiting<I, R>[] = []
    const wanted = new Set<string>()
    // Whoever comes later does not overtake who waits for the same, however much else that one waits for.
    const awaited = new Set<string>()
    for (const one of waiting) {
      const all = [...one.names, ...one.shared]
      const mustWait =
        all.some((name) => busy.has(name) || awaited.has(name)) || one.names.some((name) => wanted.has(name))
      if (group.length === MOST_MEMBERS || mustWait) {
        left.push(one)
        for (const name of all) awaited.add(name)
      } else {
        group.push(one)
        for (const name of one.names) wanted.add(name)
      }
    }
    for (const { names, shared } of group) for (const name of [...names, ...shared]) busy.add(name)
    waiting = left
    return group
  }

  async function commit(group: readonly Waiting<I, R>[]): Promise<void> {
    try {
      const results = await transact((tx, emit) =>
        carryOut(
          tx,
          group.map(({ input, within }) => ({ input, emit: (event) => within(() => emit(event)) })),
        ),
      )
      for (const [i, { resolve }] of group.entries()) resolve(results[i] as R)
    } catch (error) {
      if (group.length === 1) for (const { reject } of group) reject(error)
      else await Promise.all(group.map((one) => commit([one])))
    }
  }

  return (input) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= MOST_WAITING) return reject(new TooManyWaiting())
      waiting.push({
        input,
        names: namesOf(input),
        shared: sharedNamesOf(input),
        within: AsyncLocalStorage.snapshot(),
        resolve,
        reject,
      })
      start()
    })
}
