import { Agent, request } from 'undici'
import { everySoOften } from '../load/pace.ts'
import { answerParent } from '../processes/messages.ts'
import { openSubscriber, type Subscriber, type Subscription } from './socket.ts'

/** Something that can be changed, and where: the answer says its new version. */
export interface Change {
  url: string
  body: string
}

/** What the bench asks of a crowd of subscribers. */
export type CrowdAsk =
  /** `apart`: each follows a SKU of its own. */
  | { open: Subscription; count: number; apart?: boolean }
  | { change: Change }
  | { burst: Change; perSecond: number; seconds: number }
  | { stall: number }
  | { goOn: true }
  | { close: true }

/** What it answers. Times in milliseconds, of the clients that read. */
export interface CrowdReply {
  /** The first message of one client, without its id. */
  text: string
  /** From the request for the change to each client's message. */
  times: number[]
  /** Messages that came during a burst, its changes, and clients that do not show its last one. */
  messages: number
  changes: number
  behind: number
  /** Versions that came after the same or a newer one, and clients that were sent away. */
  reordered: number
  ended: number
}

const OPENED_AT_ONCE = 200
const LIMIT_MS = 60_000
/** Connections to whoever is changed; requests wait for one. */
const dispatcher = new Agent({ connections: 16 })
const headers = { 'content-type': 'application/json' }

let clients: Subscriber[] = []
let stalled = new Set<Subscriber>()
let firstText = ''
let reply: CrowdReply = empty()
let failure: string | undefined
let wanted = Number.POSITIVE_INFINITY
let askedAt = 0
let heard = () => {}

function empty(): CrowdReply {
  return { text: firstText, times: [], messages: 0, changes: 0, behind: 0, reordered: 0, ended: 0 }
}

answerParent<CrowdAsk, CrowdReply>(async (ask) => {
  reply = empty()
  if ('open' in ask) await open(ask.open, ask.count, ask.apart === true)
  else if ('change' in ask) await change(ask.change)
  else if ('burst' in ask) await burst(ask.burst, ask.perSecond, ask.seconds)
  else if ('stall' in ask) stall(ask.stall)
  else if ('goOn' in ask) await goOn()
  else close()
  if (failure) throw new Error(failure)
  return reply
})

async function open(subscription: Subscription, count: number, apart: boolean): Promise<void> {
  let arrived = 0
  for (let opened = 0; opened < count; ) {
    const until = Math.min(count, opened + OPENED_AT_ONCE)
    for (; opened < until; opened++) {
      const variables = apart ? { skus: [`APART-${opened}`] } : subscription.variables
      clients.push(subscribe({ ...subscription, variables }, () => arrived++))
    }
    await eventually('clients have their state', () => arrived >= until)
  }
}

function subscribe(subscription: Subscription, arrived: () => void): Subscriber {
  let last = -1
  const client = openSubscriber(subscription, {
    next(version, text) {
      if (last === -1) {
        firstText ||= text()
        reply.text = firstText
        arrived()
      }
      reply.messages++
      if (version <= last) reply.reordered++
      if (last < wanted && version >= wanted && !stalled.has(client)) {
        reply.times.push(performance.now() - askedAt)
        heard()
      }
      last = version
    },
    ended(why) {
      reply.ended++
      if (!stalled.has(client)) failure ??= `A subscriber ended: ${why}`
      heard()
    },
  })
  return client
}

/** One change; until every client that reads has it. */
async function change({ url, body }: Change): Promise<void> {
  const all = reading()
  wanted = Math.max(...all.map(({ version }) => version)) + 1
  askedAt = performance.now()
  await send(url, body)
  await eventually('clients have the change', () => reply.times.length >= all.length)
  wanted = Number.POSITIVE_INFINITY
}

/** Many changes; until every client that reads has the last one. */
async function burst({ url, body }: Change, perSecond: number, seconds: number): Promise<void> {
  const sent: Promise<number>[] = []
  const stop = everySoOften(perSecond, () => sent.push(send(url, body)))
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  stop()
  const last = Math.max(...(await Promise.all(sent)))
  const behind = () => reading().filter(({ version }) => version < last).length
  await eventually('clients have the last change', () => behind() === 0).catch(() => {})
  Object.assign(reply, { changes: sent.length, behind: behind() })
}

function stall(count: number): void {
  stalled = new Set(clients.slice(0, count))
  for (const client of stalled) client.stall()
}

/** Until they show what the others do. */
async function goOn(): Promise<void> {
  const newest = Math.max(...reading().map(({ version }) => version))
  for (const client of stalled) client.goOn()
  await eventually('clients caught up', () => [...stalled].every(({ version }) => version >= newest))
  stalled = new Set()
}

function close(): void {
  for (const client of clients) client.close()
  clients = []
  stalled = new Set()
}

function reading(): Subscriber[] {
  return clients.filter((client) => !stalled.has(client))
}

async function send(url: string, body: string): Promise<number> {
  const answer = await request(url, { method: 'POST', headers, body, dispatcher })
  return Number(/"change":(\d+)/.exec(await answer.body.text())?.[1] ?? Number.NaN)
}

async function eventually(what: string, isDone: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    if (failure || isDone()) resolve()
  }
  heard = look
  const timer = setInterval(look, 20)
  const limit = setTimeout(() => {
    failure ??= `Not all ${what} within ${LIMIT_MS / 1_000} s.`
    resolve()
  }, LIMIT_MS)
  look()
  await promise
  clearInterval(timer)
  clearTimeout(limit)
  heard = () => {}
}
