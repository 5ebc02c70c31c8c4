import { randomUUID } from 'node:crypto'
import { callCommand } from '@commerce/events/command.ts'
import { reserveStock } from '@commerce/events/commands.ts'
import { connectEvents, type EventConnection } from '@commerce/events/connection.ts'
import { createLog } from '@commerce/service/log.ts'
import { type Bench, CannotRun, type Tools, type Values } from '../bench.ts'
import { type Stage, setStage, UNITS } from '../checkout/stage.ts'
import { atMost } from '../gateway/goals.ts'
import { positive } from '../options.ts'
import { now } from '../propagation/watching.ts'
import { percentilesOf } from '../search/percentiles.ts'

/** Holds that run at the same time; each has a shopper who looks. */
const AT_ONCE = 10
const HELD_MS = [700, 1_300] as const
/** A shopper looks from so long before the deadline, and so long at most after it. */
const BEFORE_MS = 100
const AFTER_MS = 5_000
const PAUSE_MS = 2
const COMMAND_LIMIT_MS = 10_000

/** How long after its deadline a hold's units are there for somebody else. */
export const bench: Bench = {
  summary: 'from the deadline of a hold until another shopper sees its units through the gateway',
  options: { holds: { type: 'string' }, quick: { type: 'boolean' } },
  help: `
  --holds <n>        how many are measured, ${AT_ONCE} at a time (default 300)
  --quick            ${AT_ONCE} holds: whether it works, not how fast`,
  async run(values, tools) {
    const wanted = holdsOf(values)
    const stage = await setStage(AT_ONCE, tools, Math.ceil(AT_ONCE / 4))
    const connection = await connectEvents({ url: stage.natsUrl, name: 'bench', log: createLog('bench', 'error') })
    tools.whenDone(() => connection.close())
    const late: number[] = []
    const shoppers = stage.skus.slice(0, AT_ONCE).map(async (sku, n) => {
      for (let done = n; done < wanted; done += AT_ONCE) {
        tools.signal.throwIfAborted()
        late.push(await heldAndSeen(stage, connection, sku, tools))
        if (late.length % 50 === 0) tools.progress(`${late.length} holds: p50 ${percentilesOf(late).p50} ms`)
      }
    })
    await Promise.all(shoppers)
    const { p50, p99, max } = percentilesOf(late)
    const early = late.filter((ms) => ms < 0).length
    return {
      results: [{ holds: late.length, atOnce: AT_ONCE, p50Ms: p50, p99Ms: p99, maxMs: max, early }],
      goals: [
        atMost(100, 'from the deadline until another shopper sees the units, max ms', max ?? undefined),
        atMost(0, 'units seen before the deadline', early),
      ],
    }
  },
}

function holdsOf(values: Values): number {
  return positive(values, 'holds') ?? (values.quick === true ? AT_ONCE : 300)
}

const LOOK = 'query ($skus: [String!]!) { availabilities(skus: $skus) { availability { status } } }'

/** Holds all units of a SKU and answers how many milliseconds after the deadline a shopper sees them again. Throws `CannotRun` when the hold fails. */
async function heldAndSeen(stage: Stage, connection: EventConnection, sku: string, { signal }: Tools): Promise<number> {
  const deadline = Date.now() + HELD_MS[0] + Math.floor(Math.random() * (HELD_MS[1] - HELD_MS[0]))
  const input = {
    reservationId: randomUUID(),
    lines: [{ sku, quantity: UNITS }],
    expiresAt: new Date(deadline).toISOString(),
  }
  const { outcome } = await callCommand(connection, reserveStock, input, COMMAND_LIMIT_MS)
  if (outcome !== 'reserved') throw new CannotRun(`The inventory did not hold ${sku}: ${outcome}.`)
  let wasGone = false
  await pause(Math.max(0, deadline - BEFORE_MS - Date.now()))
  while (Date.now() < deadline + AFTER_MS) {
    signal.throwIfAborted()
    const { data } = await stage.client.ask(LOOK, { skus: [sku] })
    const status = data?.availabilities?.[0]?.availability?.status
    if (status === 'OUT_OF_STOCK') wasGone = true
    else if (status && wasGone) return now() - deadline
    await pause(PAUSE_MS)
  }
  throw new CannotRun(
    wasGone
      ? `Nobody saw ${sku} again within ${AFTER_MS / 1_000} s after its deadline.`
      : `Nobody saw that ${sku} was held.`,
  )
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
