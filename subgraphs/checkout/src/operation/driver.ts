import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Logger } from '@commerce/service/log.ts'
import { restMs } from '../attempt/attempt.ts'
import type { Lease } from '../attempt/repository.ts'
import { keepOperation } from './keep.ts'
import { isOver, mustRest, type Operation } from './operation.ts'
import { claimDueOperations, claimOperation, findOpenOfRound, restOperation } from './repository.ts'
import type { PerformOperation } from './steps.ts'

type Tx = Prisma.TransactionClient

export interface OperationDriverOptions {
  database: Tx
  transact: Transact<Tx>
  perform: PerformOperation
  /** How long a step may take before another replica takes over, in milliseconds. */
  leaseMs: number
  newId(): string
  now(): Date
  log: Logger
}

export type OperationDriver = ReturnType<typeof createOperationDriver>

/** Above this many operations at once a process resumes no more. */
const MAX_UNDER_WAY = 100

/** Moves operations from state to state until they are over or have to wait, each under a lease. They are never given up: what is owed stays owed. */
export function createOperationDriver(options: OperationDriverOptions) {
  const { database, transact, perform, leaseMs, newId, now, log } = options
  const underWay = new Map<string, Promise<void>>()
  let stopping = false
  const newLease = (): Lease => ({ token: newId(), ms: leaseMs })
  const isFull = () => stopping || underWay.size >= MAX_UNDER_WAY

  return {
    newLease,
    /** The end of the work on an operation that this process does right now. */
    underWay: (id: string): Promise<void> | undefined => underWay.get(id),
    /** Works on an operation whose lease we have; resolves when it is over or has to wait. Never rejects. */
    drive,

    /** Starts to work on an operation if nobody else does. */
    async take(id: string): Promise<void> {
      if (isFull()) return
      const lease = newLease()
      const operation = await claimOperation(database, id, lease)
      if (operation) void drive(operation, lease, { resumed: true })
    },

    /** Something may have happened to the money of a round: the operations on its order look. */
    async lookAgain(round: string): Promise<void> {
      for (const id of await findOpenOfRound(database, round)) await this.take(id)
    },

    /** Starts to work on operations that are due and that nobody works on. */
    async takeDue(limit: number): Promise<void> {
      if (isFull()) return
      const lease = newLease()
      for (const operation of await claimDueOperations(database, limit, lease)) {
        void drive(operation, lease, { resumed: true })
      }
    },

    /** Lets each operation finish its step and gives the leases back. */
    async stop(): Promise<void> {
      stopping = true
      await Promise.all(underWay.values())
    },
  }

  function drive(operation: Operation, lease: Lease, { resumed }: { resumed: boolean }): Promise<void> {
    const work = run(operation, lease, resumed)
      .catch((error: unknown) => {
        log.warn({ err: error, operation: operation.id }, 'a step of an operation had no outcome; it is resumed')
        return restOperation(database, operation.id, lease, restMs)
      })
      .catch(() => {}) // the lease runs out by itself
      .finally(() => underWay.get(operation.id) === work && underWay.delete(operation.id))
    underWay.set(operation.id, work)
    return work
  }

  async function run(first: Operation, lease: Lease, resumed: boolean): Promise<void> {
    let operation = first
    let again = resumed
    while (!isOver(operation.state)) {
      if (stopping) return restOperation(database, operation.id, lease, null)
      const fact = await perform(operation, { resumed: again })
      const next = await transact((tx, emit) => keepOperation(tx, emit, operation, fact, lease, now()))
      if (!next) return
      operation = next
      again = false
      if (mustRest(fact)) return restOperation(database, operation.id, lease, restMs)
    }
  }
}
