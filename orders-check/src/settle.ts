import { setTimeout as pause } from 'node:timers/promises'
import type { EventConnection } from '@commerce/events/connection.ts'
import { durableLags } from '@commerce/events/inspect.ts'
import type { Client } from '../../bench/src/load/client.ts'
import type { Databases } from './audit/read.ts'
import { type Book, finalAnswer, isFinal } from './book.ts'
import { askAgain, askToCancel } from './buyers.ts'
import { askForChange } from './staff.ts'
import type { Tally } from './tally.ts'

export interface SettleOptions {
  client: Client
  staff: Client
  book: Book
  tally: Tally
  databases: Databases
  connection: EventConnection
  /** How long all may take. */
  limitSeconds: number
}

const LOOK_EVERY_MS = 250
const ASKING = 16

/**
 * Asks again for whatever has no answer yet, and waits until nothing is under way any more, for so long at most. Answers what is still
 * under way then; nothing when all is at rest.
 */
export async function settle(options: SettleOptions): Promise<string[]> {
  const end = Date.now() + options.limitSeconds * 1_000
  await askForAnswers(options, end)
  for (;;) {
    const left = await underWay(options)
    if (left.length === 0 || Date.now() > end) return left
    await pause(LOOK_EVERY_MS)
  }
}

async function askForAnswers(options: SettleOptions, end: number): Promise<void> {
  const { book } = options
  const questions = [
    ...[...book.stockChanges].map(([key, change]) => async (): Promise<boolean> => {
      if (change.answer === null) await askForChange({ ...options, client: options.staff }, key, change)
      return change.answer !== null
    }),
    ...[...book.cancellations].map(([key, cancellation]) => async (): Promise<boolean> => {
      if (cancellation.answer === null) await askToCancel(options, key, cancellation)
      return cancellation.answer !== null
    }),
    ...[...book.tries.values()].map((one) => async (): Promise<boolean> => {
      // Asked again it would begin anew: who was told that the shop cannot be reached may as well go away.
      if (finalAnswer(one) || one.answers.at(-1)?.type === 'CheckoutUnavailable') return true
      const answered = await askAgain(options, one)
      return isFinal(answered) || answered.type === 'CheckoutUnavailable'
    }),
  ]
  const ask = async (): Promise<void> => {
    for (let question = questions.pop(); question; question = questions.pop()) {
      while (!(await question()) && Date.now() < end) await pause(LOOK_EVERY_MS)
    }
  }
  await Promise.all(Array.from({ length: ASKING }, ask))
}

async function underWay({ databases, connection }: SettleOptions): Promise<string[]> {
  const { catalog, inventory, checkout } = databases
  const counted = await Promise.all([
    count('attempts', checkout, "select count(*) from attempt where phase not in ('done', 'failed')"),
    count('changes of orders', checkout, "select count(*) from order_task where phase not in ('done', 'failed')"),
    count('holds', inventory, "select count(*) from reservation where state = 'held'"),
    ...[catalog, inventory, checkout].map((pool) =>
      count('events in an outbox', pool, 'select count(*) from outbox where published_at is null'),
    ),
  ]).catch((error: Error & { code?: string }) => {
    if (error.code?.startsWith('42')) throw error // what is asked for is not there: waiting does not help
    return [`the databases: ${error.message}`]
  })
  const lags = await durableLags(connection).catch((error: Error) => error.message)
  const behind =
    typeof lags === 'string' ? [lags] : [...lags].map(([name, lag]) => (lag > 0 ? `${lag} events of ${name}` : ''))
  return [...counted, ...behind].filter(Boolean)
}

async function count(what: string, pool: Databases['catalog'], sql: string): Promise<string> {
  const { rows } = await pool.query<{ count: string }>(sql)
  return rows[0]?.count === '0' ? '' : `${rows[0]?.count} ${what}`
}
