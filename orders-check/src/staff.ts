import { setTimeout as pause } from 'node:timers/promises'
import { pick, type Random } from '@commerce/local/shop/random.ts'
import type { Client } from '../../bench/src/load/client.ts'
import type { Book, StockChange, Wish } from './book.ts'
import { LOCATIONS } from './goods.ts'
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
      const location = pick(random, LOCATIONS)
      const change: StockChange = { sku, location, wish: wish(random, location), answer: null }
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

function wish(random: Random, location: string): Wish {
  const die = random()
  const units = 1 + Math.floor(random() * 12)
  if (die < 0.65) return { delta: units }
  if (die < 0.8) return { quantity: units, to: LOCATIONS.find((other) => other !== location) as string }
  return die < 0.95 ? { delta: -Math.ceil(units / 4) } : { onHand: units * 2 }
}

/** Asks for a change (once more) and writes down what is answered, if anything is. */
export async function askForChange(
  { client, tally }: Pick<StaffOptions, 'client' | 'tally'>,
  idempotencyKey: string,
  change: StockChange,
): Promise<void> {
  const { operation, field, input, made } = asked(change)
  const { data, error } = await client.ask(operation, { input: { ...input, idempotencyKey } })
  const payload = data?.[field]
  if (!payload) return tally.count('errors', error ?? 'NO_DATA')
  const isMade = payload.userErrors.length === 0
  change.answer = isMade ? 'made' : 'refused'
  tally.count('stock', isMade ? made : 'refused')
}

function asked({ sku, location, wish }: StockChange) {
  if ('to' in wish) {
    const input = { sku, from: location, ...wish }
    return { operation: operations.stockTransfer, field: 'stockTransfer', input, made: 'brought' }
  }
  if ('onHand' in wish) {
    return { operation: operations.stockSet, field: 'stockSet', input: { sku, location, ...wish }, made: 'counted' }
  }
  const input = { sku, location, ...wish, reason: 'checked' }
  const made = wish.delta > 0 ? 'received' : 'corrected'
  return { operation: operations.stockAdjust, field: 'stockAdjust', input, made }
}

async function setPrice(client: Client, sku: string, minorUnits: number): Promise<void> {
  const price = { amount: (minorUnits / 100).toFixed(2), currencyCode: 'EUR' }
  await client.ask(operations.priceSet, { input: { sku, price } })
}
