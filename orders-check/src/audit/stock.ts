import type { Book, StockChange } from '../book.ts'
import type { Movement, Order, Seen } from './seen.ts'
import { against, sums, type Violation } from './violation.ts'

/** Units neither appear nor vanish: the counters, the ledger, what staff were told and what was sold say the same. */
export function stockViolations(seen: Seen, book: Book): Violation[] {
  const { levels, movements, orders } = seen
  const levelOf = ({ sku, location }: { sku: string; location: string }) => `${sku} at ${location}`
  const booked = sums(movements, levelOf, ({ delta }) => delta)
  const onHand = sums(
    levels,
    ({ sku }) => sku,
    (level) => level.onHand,
  )
  const received = receivedBy(book, movements)
  const sold = sums(
    orders.filter(isSold).flatMap(({ lines }) => lines),
    ({ sku }) => sku,
    ({ quantity }) => quantity,
  )
  return [
    ...against(
      'on hand is what the ledger sums to',
      levels,
      (level) => level.onHand === (booked.get(levelOf(level)) ?? 0),
      (level) => ({
        about: levelOf(level),
        expected: String(booked.get(levelOf(level)) ?? 0),
        got: String(level.onHand),
      }),
    ),
    ...against(
      'on hand + sold = received',
      onHand,
      ([sku, units]) => units + (sold.get(sku) ?? 0) === (received.get(sku) ?? 0),
      ([sku, units]) => ({
        about: sku,
        expected: `${received.get(sku) ?? 0} received`,
        got: `${units} on hand + ${sold.get(sku) ?? 0} sold`,
      }),
    ),
    ...against(
      'no counter is negative',
      levels,
      ({ onHand, reserved }) => onHand >= 0 && reserved >= 0 && reserved <= onHand,
      (level) => ({ about: levelOf(level), expected: '0 <= reserved <= on hand', got: JSON.stringify(level) }),
    ),
    ...neverNegative(seen),
    ...changeViolations(book, movements),
    ...holdViolations(seen, book),
  ]
}

/** An order that takes units: all but those that were given up. */
export function isSold({ status }: Pick<Order, 'status'>): boolean {
  return status !== 'CANCELLED'
}

/** What came in by SKU, as staff were told; what a count found is in the ledger only. */
function receivedBy({ stockChanges }: Book, movements: readonly Movement[]): Map<string, number> {
  const found = sums(
    movements.filter(({ idempotencyKey }) => idempotencyKey !== null),
    ({ idempotencyKey }) => idempotencyKey as string,
    ({ delta }) => delta,
  )
  return sums(
    stockChanges,
    ([, { sku }]) => sku,
    ([key, { wish, answer }]) => {
      if (answer === 'refused' || 'to' in wish) return 0
      return answer === 'made' && 'delta' in wish ? wish.delta : (found.get(key) ?? 0)
    },
  )
}

function neverNegative({ movements, outboxes }: Seen): Violation[] {
  const running = new Map<string, number>()
  const rule = 'no counter was ever negative'
  const inLedger = movements.flatMap((movement): Violation[] => {
    const level = `${movement.sku} at ${movement.location}`
    const units = (running.get(level) ?? 0) + movement.delta
    running.set(level, units)
    return units >= 0 ? [] : [{ rule, about: level, expected: '0 or more', got: `${units} after a ${movement.kind}` }]
  })
  const states = (outboxes.get('inventory') ?? []).flatMap(({ data, version }) =>
    (data.locations ?? []).map((location: { code: string; onHand: number; reserved: number }) => ({
      ...location,
      sku: data.sku,
      version,
    })),
  )
  return [
    ...inLedger,
    ...against(
      rule,
      states,
      ({ onHand, reserved }) => onHand >= 0 && reserved >= 0 && reserved <= onHand,
      ({ sku, code, version, onHand, reserved }) => ({
        about: `${sku} at ${code}`,
        expected: '0 <= reserved <= on hand',
        got: `${onHand} on hand, ${reserved} reserved in version ${version}`,
      }),
    ),
  ]
}

/** What staff were told was made is in the ledger once, what was refused is not, and nothing is there that nobody asked for. */
function changeViolations({ stockChanges }: Book, movements: readonly Movement[]): Violation[] {
  const byKey = Map.groupBy(
    movements.filter(({ idempotencyKey }) => idempotencyKey !== null),
    ({ idempotencyKey }) => idempotencyKey as string,
  )
  const rows = (key: string) => byKey.get(key) ?? []
  const told = (key: string) => JSON.stringify(rows(key).map(({ delta }) => delta))
  return [
    ...against(
      'a change of stock is made once, as it was acknowledged',
      stockChanges,
      ([key, change]) => isBooked(change, rows(key)),
      ([key, { sku, wish, answer }]) => ({
        about: `${key} of ${sku}`,
        expected: `${JSON.stringify(wish)}, ${answer ?? 'not answered'}`,
        got: `booked ${told(key)}`,
      }),
    ),
    ...against(
      'nobody but staff and orders changes stock',
      byKey.keys(),
      (key) => stockChanges.has(key),
      (key) => ({ about: key, expected: 'a change that was asked for', got: `booked ${told(key)}` }),
    ),
    ...against(
      'a change of stock is answered',
      stockChanges,
      ([, { answer }]) => answer !== null,
      ([key, { sku }]) => ({ about: `${key} of ${sku}`, expected: 'an answer', got: 'none' }),
    ),
  ]
}

function isBooked({ location, wish, answer }: StockChange, rows: readonly Movement[]): boolean {
  if (answer === 'refused' || (answer === null && rows.length === 0)) return rows.length === 0
  if ('to' in wish) {
    const at = (code: string) => rows.find((row) => row.location === code)?.delta
    return rows.length === 2 && at(location) === -wish.quantity && at(wish.to) === wish.quantity
  }
  // A count that finds what is known books nothing.
  if ('onHand' in wish) return rows.length <= 1 && rows.every((row) => row.location === location)
  return rows.length === 1 && rows[0]?.delta === wish.delta && rows[0].location === location
}

/** Units are set aside for holds that exist, and for as long as they exist. */
function holdViolations({ levels, reservations, at }: Seen, { holds }: Book): Violation[] {
  const active = reservations.filter(({ state }) => state === 'held')
  const held = sums(
    active.flatMap(({ lines }) => lines),
    ({ sku }) => sku,
    ({ quantity }) => quantity,
  )
  const reserved = sums(
    levels,
    ({ sku }) => sku,
    (level) => level.reserved,
  )
  return [
    ...against(
      'reserved = active holds',
      reserved,
      ([sku, units]) => units === (held.get(sku) ?? 0),
      ([sku, units]) => ({ about: sku, expected: `${held.get(sku) ?? 0} held`, got: `${units} reserved` }),
    ),
    ...against(
      'a hold ends when its time is over',
      active,
      ({ expiresAt }) => expiresAt > at - LATE_MS,
      ({ id, expiresAt }) => ({ about: id, expected: 'an end', got: `held ${at - expiresAt} ms too long` }),
    ),
    ...against(
      'units that were only held are not sold',
      reservations.filter(({ id }) => holds.has(id)),
      ({ state }) => state !== 'committed',
      ({ id, state }) => ({ about: id, expected: 'expired, released or refused', got: state }),
    ),
  ]
}

const LATE_MS = 2_000
