import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { pick, type Random } from '@commerce/local/shop/random.ts'
import type { Answer, Client } from '../../bench/src/load/client.ts'
import { type Answered, type Book, type Cancellation, finalAnswer, isFinal, type Line, type Try } from './book.ts'
import { operations } from './operations.ts'
import type { Tally } from './tally.ts'

export interface BuyerOptions {
  client: Client
  book: Book
  tally: Tally
  skus: readonly string[]
  random: Random
  isOver(): boolean
}

// Most pay; each of the others is a way in which paying goes wrong.
const TOKENS = [
  ...Array<string>(14).fill('tok_ok'),
  'tok_decline',
  'tok_decline',
  'tok_timeout_once',
  'tok_late',
  'tok_twice',
  'tok_lost_once',
  'tok_capture_lost_once',
  'tok_unreachable',
]
const ASKS_AT_MOST = 12

/** Fills carts and places them as orders, one after the other, until it is over. Never rejects for what the shop answers. */
export async function buy(options: BuyerOptions): Promise<void> {
  const { client, random, tally, isOver } = options
  while (!isOver()) {
    const lines = choose(options)
    const { data, error } = await client.ask(operations.cartCreate, { input: { lines } })
    const cart = data?.cartCreate?.cart
    if (!cart) {
      tally.count('errors', error ?? 'cart refused')
      await pause(100)
      continue
    }
    tally.count('carts', 'made')
    const wanted = random() < 0.1 ? await changeMind(options, cart) : lines
    if (!wanted || random() < 0.1) {
      tally.count('carts', 'left')
      continue
    }
    const one = open(options, cart.id, wanted)
    const work = [askUntilFinal(options, one)]
    // The same button in two windows, and in two tabs: with the same key, and with another one.
    if (random() < 0.25) work.push(askUntilFinal(options, one), askUntilFinal(options, one))
    if (random() < 0.08) work.push(askUntilFinal(options, open(options, cart.id, wanted)))
    await Promise.all(work)
    if (random() < 0.2) await askAgain(options, one)
    const orderId = finalAnswer(one)?.orderId
    if (orderId && random() < 0.15) await cancel(options, orderId)
  }
}

function choose({ skus, random }: BuyerOptions): Line[] {
  const many = 1 + Math.floor(random() * 3)
  // The first is what everybody wants.
  const chosen = new Set(
    Array.from({ length: many }, () => (random() < 0.4 ? (skus[0] as string) : pick(random, skus))),
  )
  return [...chosen].map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) }))
}

/** Other quantities; null when it is not known what is in the cart now. */
async function changeMind(
  { client, random }: BuyerOptions,
  cart: { id: string; lines: readonly (Line & { id: string })[] },
): Promise<Line[] | null> {
  const lines = cart.lines.map(({ id }) => ({ id, quantity: 1 + Math.floor(random() * 3) }))
  const { data } = await client.ask(operations.linesUpdate, { input: { cartId: cart.id, lines } })
  const changed: readonly Line[] | undefined = data?.cartLinesUpdate?.cart?.lines
  return changed?.map(({ sku, quantity }) => ({ sku, quantity })) ?? null
}

function open({ book, random }: BuyerOptions, cartId: string, lines: readonly Line[]): Try {
  const one = { key: randomUUID(), cartId, token: pick(random, TOKENS), lines, answers: [] }
  book.tries.set(one.key, one)
  return one
}

async function askUntilFinal(options: BuyerOptions, one: Try): Promise<void> {
  for (let asked = 0; asked < ASKS_AT_MOST && !options.isOver(); asked++) {
    if (isFinal(await askAgain(options, one))) return
    await pause(50 * 2 ** Math.min(asked, 5))
  }
}

/** Asks for the order of a try once more, and writes down what is answered. */
export async function askAgain({ client, tally }: Pick<BuyerOptions, 'client' | 'tally'>, one: Try): Promise<Answered> {
  const { key: idempotencyKey, cartId, token: paymentToken } = one
  const first = finalAnswer(one) === undefined
  const sentAt = performance.now()
  const answered = understand(await client.ask(operations.place, { input: { cartId, idempotencyKey, paymentToken } }))
  one.answers.push(answered)
  tally.count('answers', answered.type)
  if (first && answered.type === 'OrderPlaced') tally.placedIn(performance.now() - sentAt)
  return answered
}

async function cancel(options: BuyerOptions, orderId: string): Promise<void> {
  const key = randomUUID()
  const cancellation: Cancellation = { orderId, answer: null }
  options.book.cancellations.set(key, cancellation)
  const both = options.random() < 0.3 ? 2 : 1
  await Promise.all(Array.from({ length: both }, () => askToCancel(options, key, cancellation)))
}

/** Asks for a cancellation (once more) and writes down what is answered, if anything is. */
export async function askToCancel(
  { client, tally }: Pick<BuyerOptions, 'client' | 'tally'>,
  idempotencyKey: string,
  cancellation: Cancellation,
): Promise<void> {
  const { data, error } = await client.ask(operations.cancel, {
    input: { orderId: cancellation.orderId, idempotencyKey },
  })
  const payload = data?.orderCancel
  if (!payload) return tally.count('errors', error ?? 'NO_DATA')
  cancellation.answer = payload.userErrors.length === 0 ? 'done' : 'refused'
  tally.count('cancellations', payload.userErrors[0]?.code ?? payload.order?.status ?? 'no order')
}

function understand({ data, error }: Answer): Answered {
  const placed = data?.placeOrder
  if (!placed) return { type: error ?? 'NO_DATA', orderId: null, total: null }
  const { __typename: type, order } = placed
  return { type, orderId: order?.id ?? null, total: order?.totals.total.minorUnits ?? null }
}
