import type { Bench, Goal, Row, Values } from '../bench.ts'
import { UsageError } from '../bench.ts'
import { atLeast, atMost } from '../gateway/goals.ts'
import { positive } from '../options.ts'
import { type Delays, type Propagation, propagate } from '../propagation/run.ts'
import { startShop } from '../propagation/shop.ts'

const RATES = [50, 100, 250, 500]
const GOAL_RATE = 500

/** How long a change that was made through one gateway takes to be seen through another. */
export const bench: Bench = {
  summary: 'from the commit of a change through one gateway to a read and a message through another',
  options: { seconds: { type: 'string' }, rates: { type: 'string' }, quick: { type: 'boolean' } },
  help: `
  --seconds <n>      measured at each rate (default 15)
  --rates <list>     changes in a second (default ${RATES.join(',')})
  --quick            two seconds at ${RATES[0]} a second: whether it works, not how fast`,
  async run(values, tools) {
    if (process.platform !== 'linux')
      throw new UsageError('This bench reads processor time from /proc: it needs Linux.')
    const { rates, seconds } = settings(values)
    const shop = await startShop(tools)
    tools.progress('warming up')
    await propagate(shop, rates[0] ?? GOAL_RATE, Math.min(seconds, 3), tools)
    const measured: Propagation[] = []
    for (const rate of rates) {
      const one = await propagate(shop, rate, seconds, tools)
      measured.push(one)
      tools.progress(
        `${rate}/s: ${Math.round(one.acknowledgedPerSecond)}/s acknowledged, read ${one.read.fromCommit.p50} ms, ` +
          `message ${one.message.fromCommit.p50} ms${one.firstFailure ? `, ${one.failed} failed: ${one.firstFailure}` : ''}`,
      )
    }
    return { results: measured.flatMap(rowsOf), goals: goalsOf(measured) }
  },
}

function settings(values: Values) {
  const quick = values.quick === true
  const given = typeof values.rates === 'string' ? values.rates.split(',') : undefined
  const rates = given?.map((rate) => positive({ rates: rate }, 'rates') ?? 0) ?? (quick ? RATES.slice(0, 1) : RATES)
  return { rates, seconds: positive(values, 'seconds') ?? (quick ? 2 : 15) }
}

function rowsOf(one: Propagation): Row[] {
  const { rate, acknowledgedPerSecond, omitted, failed, conflated, lost, reordered, cpu } = one
  const line = (seenBy: string, { changes, fromCommit, fromAcknowledgement, beforeAcknowledgement }: Delays): Row => ({
    changesPerSecond: rate,
    acknowledgedPerSecond: Number(acknowledgedPerSecond.toFixed(1)),
    seenBy,
    changes,
    p50Ms: fromCommit.p50,
    p99Ms: fromCommit.p99,
    maxMs: fromCommit.max,
    p50AckMs: fromAcknowledgement.p50,
    p99AckMs: fromAcknowledgement.p99,
    maxAckMs: fromAcknowledgement.max,
    beforeAck: beforeAcknowledgement,
    conflated: seenBy === 'message' ? conflated : null,
    lost,
    reordered,
    omitted,
    failed,
    ...Object.fromEntries(Object.entries(cpu).map(([name, share]) => [`${name}Cpu`, share])),
    note: 'p50Ms, p99Ms, maxMs: from the commit as PostgreSQL notes it; …AckMs: from the answer to the mutation, 0 when it was seen earlier (beforeAck)',
  })
  return [line('read', one.read), line('message', one.message)]
}

/** Of the rate that they are for; what was not measured has no value and is not met. */
function goalsOf(measured: readonly Propagation[]): Goal[] {
  const one = measured.find(({ rate }) => rate === GOAL_RATE)
  const sum = (value: (one: Propagation) => number) =>
    measured.length > 0 ? measured.reduce((all, each) => all + value(each), 0) : undefined
  const at = `${GOAL_RATE} changes/s`
  return [
    atLeast(0.95 * GOAL_RATE, `${at}: acknowledged in a second`, one?.acknowledgedPerSecond),
    atMost(5, `${at}: from commit to the first read, p50 ms`, one?.read.fromCommit.p50),
    atMost(50, `${at}: from commit to the first read, p99 ms`, one?.read.fromCommit.p99),
    atMost(5, `${at}: from commit to the message, p50 ms`, one?.message.fromCommit.p50),
    atMost(50, `${at}: from commit to the message, p99 ms`, one?.message.fromCommit.p99),
    atMost(
      0,
      'changes that were never seen',
      sum(({ lost }) => lost),
    ),
    atMost(
      0,
      'changes that were seen after a newer one',
      sum(({ reordered }) => reordered),
    ),
    atMost(
      0,
      'changes that failed',
      sum(({ failed }) => failed),
    ),
  ]
}
