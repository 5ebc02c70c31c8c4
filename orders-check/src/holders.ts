import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { callCommand } from '@commerce/events/command.ts'
import { releaseStock, reserveStock } from '@commerce/events/commands.ts'
import type { EventConnection } from '@commerce/events/connection.ts'
import { pick, type Random } from '@commerce/local/shop/random.ts'
import type { Book } from './book.ts'
import type { Tally } from './tally.ts'

export interface HolderOptions {
  connection: EventConnection
  book: Book
  tally: Tally
  skus: readonly string[]
  random: Random
  isOver(): boolean
}

const ANSWER_LIMIT_MS = 1_500
const EVERY_MS = 400
const HELD_MS = [500, 4_000] as const

/** Holds units as a checkout does that is never heard of again: most of what it holds expires, some it gives back. */
export async function holdAndForget({ connection, book, tally, skus, random, isOver }: HolderOptions): Promise<void> {
  while (!isOver()) {
    const reservationId = randomUUID()
    const lines = [{ sku: pick(random, skus), quantity: 1 + Math.floor(random() * 4) }]
    const expiresAt = Date.now() + HELD_MS[0] + random() * (HELD_MS[1] - HELD_MS[0])
    book.holds.set(reservationId, { lines, expiresAt })
    const hold = { reservationId, lines, expiresAt: new Date(expiresAt).toISOString() }
    try {
      const { outcome } = await callCommand(connection, reserveStock, hold, ANSWER_LIMIT_MS)
      tally.count('holds', outcome)
      if (outcome === 'reserved' && random() < 0.3) {
        const { state } = await callCommand(connection, releaseStock, { reservationId }, ANSWER_LIMIT_MS)
        tally.count('holds', state)
      }
    } catch (error) {
      tally.count('errors', (error as { code?: string }).code ?? (error as Error).name)
    }
    await pause(EVERY_MS)
  }
}
