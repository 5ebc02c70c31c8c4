import { createGroupCommit } from '@commerce/events/group-commit.ts'
import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Logger } from '@commerce/service/log.ts'
import { LeftAlone, Unreachable } from '../provider/unreachable.ts'
import {
  type Attempt,
  type AttemptState,
  advance,
  type Fact,
  isOver,
  isRepeatable,
  isRevocable,
  mustRest,
  restMs,
} from './attempt.ts'
import { type Kept, keepAll, type Step } from './keep.ts'
import { claimAttempt, claimDue, findAttempt, findOpenByRound, type Lease, restAttempt } from './repository.ts'
import type { Perform } from './steps.ts'

type Tx = Prisma.TransactionClient

export interface DriverOptions {
  database: Tx
  transact: Transact<Tx>
  perform: Perform
  /** How long a step may take before another replica takes over. */
  leaseMs: number
  /** How long an attempt may wait for others before it is undone. */
  patienceMs: number
  /** What a shopper is told while the payment provider cannot be reached: to come back later, or that the order is accepted and on its way. */
  paymentDown: 'refuse' | 'accept'
  newId(): string
  now(): Date
  log: Logger
}

export type Driver = ReturnType<typeof createDriver>

/** Above this many attempts at once a process takes no new ones. */
const MAX_UNDER_WAY = 100

/**
 * Moves attempts from state to state until they are over or have to wait, each under a lease, at most one at a time for each attempt. What it
 * leaves (also by dying) is found again through the database.
 */
export function createDriver(options: DriverOptions) {
  const { database, transact, perform, leaseMs, patienceMs, paymentDown, newId, now, log } = options
  const underWay = new Map<string, Promise<AttemptState | null>>()
  // Attempts that come to a step at the same time are kept in the same transaction.
  const keep = createGroupCommit<Tx, Omit<Step, 'emit'>, Kept | null>({
    transact,
    carryOut: (tx, members) =>
      keepAll(
        tx,
        members.map(({ input, emit }) => ({ ...input, emit })),
        now(),
      ),
    namesOf: ({ attempt }) => [attempt.id],
  })
  let stopping = false

  return {
    newLease,
    /** The end of the work on an attempt that this process does right now: how far it came, or null when that is not known here. */
    underWay: (id: string): Promise<AttemptState | null> | undefined => underWay.get(id),
    /** Whether this process takes no more attempts at the moment. */
    isFull,

    /** Works on an attempt whose lease we have; resolves when it is over or has to wait. Never rejects. */
    drive,

    take,

    /** Brings an attempt to its end now, if that can be; whether it is over. */
    async finish(id: string): Promise<boolean> {
      if (!isFull()) await take(id)
      await underWay.get(id)
      const attempt = await findAttempt(database, id)
      return attempt === null || isOver(attempt.state)
    },

    /** Something may have happened to what a round asked for elsewhere: its attempt looks, unless it is over or somebody is at it. */
    async lookAgain(round: string): Promise<void> {
      const id = isFull() ? null : await findOpenByRound(database, round)
      if (id) await take(id)
    },

    /** Starts to work on attempts that are due and that nobody works on. */
    async takeDue(limit: number): Promise<void> {
      if (isFull()) return
      const lease = newLease()
      const due = await claimDue(database, limit, lease)
      if (due.length > 0) log.info({ attempts: due.length }, 'attempts are resumed')
      for (const attempt of due) void drive(attempt, lease, { resumed: true })
    },

    /** Lets each attempt finish its step and gives the leases back. */
    async stop(): Promise<void> {
      stopping = true
      await Promise.all(underWay.values())
    },
  }

  /** Starts to work on an attempt if nobody else does; false when there is nothing to take. */
  async function take(id: string): Promise<boolean> {
    const lease = newLease()
    const attempt = await claimAttempt(database, id, lease)
    if (attempt) void drive(attempt, lease, { resumed: true })
    return attempt !== null
  }

  function newLease(): Lease {
    return { token: newId(), ms: leaseMs }
  }

  function isFull(): boolean {
    return stopping || underWay.size >= MAX_UNDER_WAY
  }

  function drive(attempt: Attempt, lease: Lease, { resumed }: { resumed: boolean }): Promise<AttemptState | null> {
    const work: Promise<AttemptState | null> = run(attempt, lease, resumed)
      .catch((error: unknown) => {
        log.error({ err: error, attempt: attempt.id }, 'an attempt could not be kept; it is resumed')
        return restAttempt(database, attempt.id, lease, restMs).then(() => null)
      })
      .catch(() => null) // the lease runs out by itself
      .finally(() => underWay.get(attempt.id) === work && underWay.delete(attempt.id))
    underWay.set(attempt.id, work)
    return work
  }

  async function run(first: Attempt, lease: Lease, resumed: boolean): Promise<AttemptState | null> {
    let attempt = first
    let stored = first.state.at
    let again = resumed
    const rest = async (after: typeof restMs | null): Promise<AttemptState> => {
      await restAttempt(database, attempt.id, lease, after)
      return attempt.state
    }
    while (!isOver(attempt.state)) {
      if (stopping) return rest(null)
      let fact: Fact
      try {
        fact = await perform(attempt, { resumed: again })
      } catch (error) {
        const given = giveUp(attempt, error)
        // One line for each failure, not for everyone who is turned away after it.
        log[error instanceof LeftAlone ? 'debug' : 'warn'](
          { err: error, attempt: attempt.id, at: attempt.state.at, given: given !== null },
          'a step had no outcome',
        )
        if (!given) return rest(restMs)
        fact = given
      }
      if (isRepeatable(fact)) {
        attempt = { ...attempt, state: advance(attempt.state, fact) }
        continue
      }
      const found = fact.is === 'failed' && again ? { ...fact, resumed: true } : fact
      const kept = await keep({ attempt, stored, lease, found })
      if (!kept) return null
      attempt = { ...attempt, state: kept.state }
      stored = kept.state.at
      again = false
      if (mustRest(kept.fact)) return rest(restMs)
    }
    return attempt.state
  }

  // Before there is an order: at once where nothing is held yet or nobody is there to ask, otherwise when it has taken too long.
  function giveUp({ state, openedAt }: Attempt, error: unknown): Fact | null {
    if (!isRevocable(state)) return null
    const time = now().getTime()
    // Whoever was told to confirm a payment has until then, whatever happens meanwhile.
    if (state.at === 'awaitingAction' && time < Date.parse(state.actionUntil)) return null
    // Accepted all the same: tried until the units are held for too short a time.
    if (state.at === 'held' && paymentDown === 'accept') return null
    const nobody = error instanceof Unreachable
    const late = time - openedAt.getTime() >= patienceMs
    if (!nobody && !late && state.at !== 'started') return null
    const message = 'A part of the shop cannot be reached at the moment. Nothing was charged.'
    return { is: 'failed', failure: { is: 'unavailable', message } }
  }
}
