import { setTimeout as pause } from 'node:timers/promises'
import { pick, type Random } from '@commerce/local/shop/random.ts'
import type { Client } from '../../bench/src/load/client.ts'
import type { Book, StockChange } from './book.ts'
import { operations } from './operations.ts'
import type { Tally } from './tally.ts'

export interface StaffOptions {
  client: Client
  book: Book
  tally: Tally
  skus: readonly string[]
  random: Random
  isOver(): boolean
}

const EVERY_MS = 200

/** Receives deliveries, corrects and counts stock, and sets prices, until it is over. */
export async function keepStock(options: StaffOptions): Promise<void> {
  const { book, skus, random, client, isOver } = options
  for (let number = 1; !isOver(); number++) {
    const sku = pick(random, skus)
    const key = `change ${number}`
    if (random() < 0.03) await setPrice(client, sku, 1_000 + (number % 500))
    else {
      const change: StockChange = { sku, wish: wish(random), answer: null }
      book.stockChanges.set(key, change)
      // A third of it is sent twice at the same time, as by a form that was submitted twice.
      await Promise.all([
        askForChange(options, key, change),
        random() < 0.33 ? askForChange(options, key, change) : undefined,
      ])
    }
    await pause(EVERY_MS)
  }
}

function wish(random: Random): StockChange['wish'] {
  const die = random()
  const units = 1 + Math.floor(random() * 12)
  if (die < 0.75) return { delta: units }
  return die < 0.95 ? { delta: -Math.ceil(units / 4) } : { onHand: units * 2 }
}

/** Asks for a change (once more) and writes down what is answered, if anything is. */
export async function askForChange(
  { client, tally }: Pick<StaffOptions, 'client' | 'tally'>,
  idempotencyKey: string,
  change: StockChange,
): Promise<void> {
  const { sku, wish } = change
  const input = { sku, idempotencyKey, ...wish }
  const [operation, field, more] =
    'delta' in wish
      ? [operations.stockAdjust, 'stockAdjust', { reason: 'checked' }]
      : [operations.stockSet, 'stockSet', {}]
  const { data, error } = await client.ask(operation, { input: { ...input, ...more } })
  const payload = data?.[field]
  if (!payload) return tally.count('errors', error ?? 'NO_DATA')
  change.answer = payload.stock ? 'made' : 'refused'
  tally.count(
    'stock',
    payload.stock ? ('delta' in wish ? (wish.delta > 0 ? 'received' : 'corrected') : 'counted') : 'refused',
  )
}

async function setPrice(client: Client, sku: string, minorUnits: number): Promise<void> {
  const price = { amount: (minorUnits / 100).toFixed(2), currencyCode: 'EUR' }
  await client.ask(operations.priceSet, { input: { sku, price } })
}
