import type { NewEvent } from '@commerce/events/contracts.ts'
import type { Decision } from './change.ts'
import { factsOf } from './facts.ts'
import { inactiveLocation, type Refusal, unknownLocation } from './refusal.ts'
import { type Booking, existingLocations, lockStocks, openLevels, post, readStocks, type Sql } from './repository.ts'
import { applied, levelAt, neverStocked, type Stock } from './stock.ts'

/** A wanted change of one SKU. */
export interface Change {
  sku: string
  /** The codes of the locations it is about, by the field of the input that names them. */
  locations: Record<string, string>
  origin: {
    reason?: string | null
    idempotencyKey?: string
    transferId?: string
    returnId?: string
    reservationId?: string
  }
  decide(stock: Stock): Decision
}

/** A change of stock that was written, and what there is to tell of it. */
export interface Told {
  stock: Stock
  facts: readonly NewEvent[]
}

/** What became of one change: the stock after all of them, or why it was not made. `skipped`: others were refused, and it was all or nothing. */
export type Made =
  | { stock: Stock | null; warnings: string[]; isChange: boolean }
  | { refusal: Refusal }
  | { skipped: true }

/**
 * Makes those changes that the stock allows, one after the other, in one go; those with a refusal of their own are not looked at. Throws
 * `Overtaken` when it has to be tried again.
 */
export async function makeChanges(
  tx: Sql,
  wanted: readonly { change: Change; refusal: Refusal | null }[],
  { allOrNothing = false } = {},
): Promise<{ results: Made[]; changed: Told[] }> {
  const changes = wanted.flatMap(({ change, refusal }) => (refusal ? [] : [change]))
  const before = await readStocks(
    tx,
    await lockStocks(
      tx,
      changes.map(({ sku }) => sku),
    ),
  )
  const locations = await existingLocations(
    tx,
    changes.flatMap((change) => Object.values(change.locations)),
  )
  const now = new Map(before)
  const decisions = wanted.map(({ change, refusal }): Decision => {
    if (refusal) return { refusal }
    const stock = now.get(change.sku) ?? neverStocked(change.sku)
    const decision = whereItCan(change, locations, change.decide(stock))
    if ('refusal' in decision) return decision
    now.set(change.sku, decision.postings.reduce(applied, stock))
    return decision
  })
  if (allOrNothing && decisions.some((decision) => 'refusal' in decision)) {
    return { results: decisions.map((d) => ('refusal' in d ? d : { skipped: true })), changed: [] }
  }
  const bookings = decisions.flatMap((decision, i): Booking[] => {
    if ('refusal' in decision) return []
    const origin = { ...wanted[i]?.change.origin, kind: decision.kind }
    return decision.postings.map((posting) => ({ ...posting, origin }))
  })
  await openLevels(
    tx,
    bookings.flatMap(({ sku, location }) => {
      const stock = before.get(sku)
      return stock && levelAt(stock, location).known ? [] : [{ sku, location, isNew: !stock }]
    }),
  )
  const changed = (await post(tx, bookings)).map((change) => ({ stock: change.stock, facts: factsOf(change) }))
  const after = new Map(changed.map(({ stock }) => [stock.sku, stock]))
  const results = decisions.map((decision, i): Made => {
    if ('refusal' in decision) return decision
    const { sku } = (wanted[i] as { change: Change }).change
    const isChange = decision.postings.length > 0
    const warnings = isChange && !before.has(sku) ? [hadNone(sku)] : []
    return { stock: after.get(sku) ?? before.get(sku) ?? null, warnings, isChange }
  })
  return { results, changed }
}

// Where a location is not known, that is what is wrong, whatever else is. One that is not active takes nothing, and has nothing to give.
function whereItCan(
  { locations }: Change,
  known: ReadonlyMap<string, { active: boolean }>,
  decision: Decision,
): Decision {
  for (const [field, code] of Object.entries(locations)) {
    const location = known.get(code)
    if (!location) return { refusal: unknownLocation(field, code) }
    const arrives = 'postings' in decision && decision.postings.some((p) => p.location === code && (p.onHand ?? 0) >= 0)
    if (arrives && !location.active) return { refusal: inactiveLocation(field, code) }
  }
  return decision
}

function hadNone(sku: string): string {
  return `"${sku}" had no stock before: make sure that it is spelled as in the catalog.`
}
