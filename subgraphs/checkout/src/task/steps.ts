import type { Prisma } from '@commerce/prisma/checkout'
import type { Order } from '../order/order.ts'
import { findOrder } from '../order/repository.ts'
import { authorizationKeyOf, type PaymentResult, type Payments, settle } from '../payment/payment.ts'
import type { Remotes } from '../remotes.ts'
import type { Task, TaskFact } from './task.ts'

export interface TaskStepDependencies {
  database: Prisma.TransactionClient
  payments: Payments
  remotes: Pick<Remotes, 'giveBack'>
  /** Brings an attempt to its end now, if that can be; whether it is over. */
  finishAttempt(id: string): Promise<boolean>
}

/** Does what the state of a task asks for and answers what came of it; rejects when that cannot be said yet. */
export type PerformTask = (task: Task, options: { resumed: boolean }) => Promise<TaskFact>

/** The steps of tasks: each talks to one other party, outside of any transaction, and can be repeated. */
export function createTaskSteps(dependencies: TaskStepDependencies): PerformTask {
  const { database, payments, remotes, finishAttempt } = dependencies
  return async (task, { resumed }) => {
    const { id, orderId, state } = task
    const order = await findOrder(database, orderId)
    if (!order) throw new Error(`Order ${orderId} is gone.`)
    switch (state.at) {
      case 'settling':
        return (await finishAttempt(order.attemptId)) ? { is: 'settled' } : { is: 'stillPlacing' }
      case 'voiding':
        return letGo(order, resumed)
      case 'refunding':
        return refund(task, order, resumed)
      case 'restocking': {
        const { reservationId } = order
        return { is: 'restocked', problem: await remotes.giveBack(id, { reservationId, lines: state.lines }) }
      }
      default:
        throw new Error(`Nothing is left to do for a task that is "${state.at}".`)
    }
  }

  async function letGo({ round }: Order, madeBefore: boolean): Promise<TaskFact> {
    const which = { key: `${round}:void`, authorizationKey: authorizationKeyOf(round) }
    const result = await settle(payments, { kind: 'void', ...which }, () => payments.void(which), { madeBefore })
    if (result.is === 'voided') return { is: 'voided' }
    throw unexpected(result)
  }

  async function refund({ id, minorUnits }: Task, order: Order, madeBefore: boolean): Promise<TaskFact> {
    if (minorUnits === null) throw new Error(`Task ${id} refunds nothing.`)
    const which = { key: `${id}:refund`, authorizationKey: authorizationKeyOf(order.round) }
    const money = { minorUnits, currencyCode: order.totals.currencyCode }
    const call = () => payments.refund({ ...which, money })
    const result = await settle(payments, { kind: 'refund', ...which }, call, { madeBefore })
    if (result.is === 'refunded' || result.is === 'refundPending') return { is: result.is }
    if (result.is === 'refused') return { is: 'refundRefused', message: result.message }
    throw unexpected(result)
  }
}

function unexpected(result: PaymentResult): Error {
  return new Error(`The payment provider answered "${result.is}", which makes no sense here.`)
}
