import type { Emit } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Lease } from '../attempt/repository.ts'
import { keepChange } from '../order/change.ts'
import { beginRefund, type Changed, cancelFailed, cancelled, refunded, refundFailed, restocked } from '../order/life.ts'
import { type Order, SHOP } from '../order/order.ts'
import { lockOrder } from '../order/repository.ts'
import { saveTask } from './repository.ts'
import { advance, isOver, leftToRefund, type Task, type TaskFact } from './task.ts'

/**
 * Keeps a step of a task: its next state and what follows from it for the order, in the caller's transaction. Null, and nothing is kept, when
 * the lease was lost meanwhile.
 */
export async function keepTask(
  tx: Prisma.TransactionClient,
  emit: Emit,
  task: Task,
  fact: TaskFact,
  lease: Lease,
  now: Date,
): Promise<Task | null> {
  const order = await lockOrder(tx, task.orderId)
  if (!order) throw new Error(`Order ${task.orderId} is gone.`)
  const state = advance(task, fact, order)
  // A cancellation knows only now what there is to give back.
  const begins = task.state.at === 'settling' && state.at === 'refunding'
  const minorUnits = begins ? leftToRefund(order) : task.minorUnits
  const next = { ...task, state, minorUnits }
  if (!(await saveTask(tx, task, next, lease, { over: isOver(state) }))) return null
  const change = begins ? beginRefund(order, null, task.reason) : changeAfter(next, order, fact, now)
  if (change && 'order' in change) await keepChange(tx, emit, change, SHOP, now)
  return next
}

// Null: the order stands as before.
function changeAfter({ kind, minorUnits }: Task, order: Order, fact: TaskFact, now: Date): Changed | null {
  const amount = minorUnits ?? 0n
  switch (fact.is) {
    case 'refunded':
      return refunded(order, amount)
    case 'refundRefused': {
      if (kind !== 'cancel') return refundFailed(order, amount, fact.message)
      return cancelFailed(order, amount, `The order is not cancelled, its refund was refused: ${fact.message}`, now)
    }
    case 'restocked':
      return kind === 'cancel' ? cancelled(order, fact.problem) : restocked(order, fact.problem)
    default:
      return null
  }
}
