import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Logger } from '@commerce/service/log.ts'
import { restMs } from '../attempt/attempt.ts'
import type { Lease } from '../attempt/repository.ts'
import { LeftAlone } from '../provider/unreachable.ts'
import { keepTask } from './keep.ts'
import { claimDueTasks, claimTask, findOpenOfRound, restTask } from './repository.ts'
import type { PerformTask } from './steps.ts'
import { isOver, mustRest, type Task } from './task.ts'

type Tx = Prisma.TransactionClient

export interface TaskDriverOptions {
  database: Tx
  transact: Transact<Tx>
  perform: PerformTask
  /** How long a step may take before another replica takes over, in milliseconds. */
  leaseMs: number
  newId(): string
  now(): Date
  log: Logger
}

export type TaskDriver = ReturnType<typeof createTaskDriver>

/** Above this many tasks at once a process resumes no more. */
const MAX_UNDER_WAY = 100

/** Moves tasks from state to state until they are over or have to wait, each under a lease. They are never given up: what is owed stays owed. */
export function createTaskDriver(options: TaskDriverOptions) {
  const { database, transact, perform, leaseMs, newId, now, log } = options
  const underWay = new Map<string, Promise<void>>()
  let stopping = false
  const newLease = (): Lease => ({ token: newId(), ms: leaseMs })
  const isFull = () => stopping || underWay.size >= MAX_UNDER_WAY

  return {
    newLease,
    /** The end of the work on a task that this process does right now. */
    underWay: (id: string): Promise<void> | undefined => underWay.get(id),
    /** Works on a task whose lease we have; resolves when it is over or has to wait. Never rejects. */
    drive,

    /** Starts to work on a task if nobody else does. */
    async take(id: string): Promise<void> {
      if (isFull()) return
      const lease = newLease()
      const task = await claimTask(database, id, lease)
      if (task) void drive(task, lease, { resumed: true })
    },

    /** Something may have happened to the money of a round: the tasks on its order look. */
    async lookAgain(round: string): Promise<void> {
      for (const id of await findOpenOfRound(database, round)) await this.take(id)
    },

    /** Starts to work on tasks that are due and that nobody works on. */
    async takeDue(limit: number): Promise<void> {
      if (isFull()) return
      const lease = newLease()
      for (const task of await claimDueTasks(database, limit, lease)) {
        void drive(task, lease, { resumed: true })
      }
    },

    /** Lets each task finish its step and gives the leases back. */
    async stop(): Promise<void> {
      stopping = true
      await Promise.all(underWay.values())
    },
  }

  function drive(task: Task, lease: Lease, { resumed }: { resumed: boolean }): Promise<void> {
    const work = run(task, lease, resumed)
      .catch((error: unknown) => {
        const level = error instanceof LeftAlone ? 'debug' : 'warn'
        log[level]({ err: error, task: task.id }, 'a step of a task had no outcome; it is resumed')
        return restTask(database, task.id, lease, restMs)
      })
      .catch(() => {}) // the lease runs out by itself
      .finally(() => underWay.get(task.id) === work && underWay.delete(task.id))
    underWay.set(task.id, work)
    return work
  }

  async function run(first: Task, lease: Lease, resumed: boolean): Promise<void> {
    let task = first
    let again = resumed
    while (!isOver(task.state)) {
      if (stopping) return restTask(database, task.id, lease, null)
      const fact = await perform(task, { resumed: again })
      const next = await transact((tx, emit) => keepTask(tx, emit, task, fact, lease, now()))
      if (!next) return
      task = next
      again = false
      if (mustRest(fact)) return restTask(database, task.id, lease, restMs)
    }
  }
}
