// Above the usual length because all that is wanted of reservations, decided together in one transaction, belongs side by side.
import type { NewEvent } from '@commerce/events/contracts.ts'
import type { Member } from '@commerce/events/group-commit.ts'
import { factsOf } from '../stock/facts.ts'
import { type Booking, lockStocks, post, readStocks, type Sql } from '../stock/repository.ts'
import { applied, type Posting, type Stock } from '../stock/stock.ts'
import { allocate, type HeldLine, type Place, type Shortage, type Strategy, type WantedLine } from './allocation.ts'
import {
  addLines,
  closeReservations,
  extendReservations,
  type Found,
  lockReservations,
  type NewReservation,
  openReservations,
  readPlaces,
  refuseReservations,
  soldReservations,
} from './repository.ts'
import {
  answerFor,
  type ClosedState,
  type ExtendAnswer,
  giveBack,
  hold,
  type ReserveAnswer,
  reserved,
  sell,
} from './reservation.ts'

/** What is wanted of one reservation. */
export type Intention = { id: string } & (
  | { do: 'reserve'; lines: readonly WantedLine[]; fingerprint: string; expiresAt: string; destination: Place | null }
  | { do: 'extend'; expiresAt: string }
  | { do: 'release' }
  | { do: 'commit' }
)

export type Answer = ReserveAnswer | ExtendAnswer | { state: ClosedState | 'unknown' } | { failure: string }

/** The answer to one intention, and what changed with it, as its events tell. */
export interface Outcome {
  answer: Answer
  changed: { stock: Stock; facts: readonly NewEvent[] }[]
}

/** What a group of intentions comes to, before it is written. */
interface Draft {
  lines: (HeldLine & { id: string })[]
  bookings: Booking[]
  refused: { id: string; shortages: Shortage[] }[]
  closed: { id: string; state: ClosedState }[]
  extended: { id: string; expiresAt: string }[]
}

/**
 * Carries out intentions about different reservations in one transaction: each is decided on what those before it have left, and answered by
 * itself, and everything is written together, so that many holds of one SKU cost about as much as one. All reservations are locked first and
 * their SKUs after them, both in order, so that nobody waits in a circle.
 */
export async function carryOut(tx: Sql, members: readonly Member<Intention>[], strategy: Strategy): Promise<Outcome[]> {
  const intentions = members.map(({ input }) => input)
  const { made, found, sold } = await claim(tx, intentions)
  const touched = intentions.flatMap((intention) => linesTouched(intention, made, found))
  const skus = new Set(touched.map(({ sku }) => sku))
  const stocks = await readStocks(tx, await lockStocks(tx, [...skus]))
  const hasDestination = intentions.some((intention) => intention.do === 'reserve' && intention.destination !== null)
  const places = hasDestination && strategy !== 'most-stock' ? await readPlaces(tx, [...stocks.keys()]) : new Map()

  const draft: Draft = { lines: [], bookings: [], refused: [], closed: [], extended: [] }
  let booked = new Set<string>()
  const book = (postings: readonly Posting[], origin?: Booking['origin']): void => {
    for (const posting of postings) {
      const stock = stocks.get(posting.sku)
      if (stock) stocks.set(posting.sku, applied(stock, posting))
      draft.bookings.push({ ...posting, origin })
      booked.add(posting.sku)
    }
  }
  const decided = intentions.map((intention) => {
    booked = new Set()
    return { answer: decide(intention), skus: booked }
  })
  await write(tx, draft)
  const changes = (await post(tx, draft.bookings)).map((change) => ({ stock: change.stock, facts: factsOf(change) }))
  const bySku = new Map(changes.map((change) => [change.stock.sku, change]))

  // An event that several of them share leaves once, as part of the first one's work.
  const told = new Set<string>()
  return decided.map(({ answer, skus }, i) => {
    const changed = [...skus].flatMap((sku) => bySku.get(sku) ?? [])
    for (const { stock, facts } of changed) {
      if (!told.has(stock.sku)) for (const fact of facts) members[i]?.emit(fact)
      told.add(stock.sku)
    }
    return { answer, changed }
  })

  function decide(intention: Intention): Answer {
    const { id } = intention
    switch (intention.do) {
      case 'reserve':
        return reserve(intention)
      case 'release': {
        const reservation = found.get(id)?.reservation
        if (!reservation || reservation.state === 'refused') return { state: 'released' }
        if (reservation.state !== 'held') return { state: reservation.state }
        book(giveBack(reservation.lines))
        draft.closed.push({ id, state: 'released' })
        return { state: 'released' }
      }
      case 'commit': {
        const reservation = found.get(id)?.reservation
        if (!reservation) return { state: sold.has(id) ? 'committed' : 'unknown' }
        if (reservation.state === 'refused') return { state: 'unknown' }
        if (reservation.state !== 'held') return { state: reservation.state }
        book(sell(reservation.lines), { kind: 'sale', reservationId: id })
        draft.closed.push({ id, state: 'committed' })
        return { state: 'committed' }
      }
      case 'extend':
        return extend(id, intention.expiresAt)
    }
  }

  function reserve(intention: Intention & { do: 'reserve' }): Answer {
    const { id, lines, fingerprint, destination } = intention
    const before = found.get(id)
    if (before) {
      const isSame = before.fingerprint === fingerprint || before.fingerprint === ''
      return isSame ? answerFor(before.reservation) : { failure: `Reservation ${id} was made for other lines.` }
    }
    if (made.get(id) !== 'held') return { outcome: 'closed', state: 'expired' }
    const allocation = allocate(lines, stocks, { strategy, destination, places })
    if ('shortages' in allocation) {
      draft.refused.push({ id, shortages: allocation.shortages })
      return { outcome: 'insufficient', shortages: allocation.shortages }
    }
    draft.lines.push(...allocation.held.map((line) => ({ ...line, id })))
    book(hold(allocation.held))
    return reserved(allocation.held)
  }

  // What is over and not yet ended is ending: nobody gets it back.
  function extend(id: string, expiresAt: string): ExtendAnswer {
    const { reservation, isOver } = found.get(id) ?? {}
    if (!reservation || reservation.state === 'refused') {
      return { state: sold.has(id) ? 'committed' : 'unknown', expiresAt: null }
    }
    if (reservation.state !== 'held') return { state: reservation.state, expiresAt: null }
    if (isOver) return { state: 'expired', expiresAt: null }
    const isLater = Date.parse(expiresAt) > Date.parse(reservation.expiresAt)
    if (isLater) draft.extended.push({ id, expiresAt })
    return { state: 'held', expiresAt: isLater ? expiresAt : reservation.expiresAt }
  }
}

/** What was made of the reservations, what was there of them, and which are known by their sales alone. */
interface Claimed {
  made: ReadonlyMap<string, 'held' | 'released' | 'expired'>
  found: ReadonlyMap<string, Found>
  sold: ReadonlySet<string>
}

async function claim(tx: Sql, intentions: readonly Intention[]): Promise<Claimed> {
  const made = await openReservations(
    tx,
    intentions.flatMap((intention): NewReservation[] => {
      const { id } = intention
      if (intention.do === 'reserve') {
        const { fingerprint, expiresAt } = intention
        return [{ id, state: 'held', fingerprint, expiresAt }]
      }
      // A request to hold that is still on its way finds it closed.
      return intention.do === 'release'
        ? [{ id, state: 'released', fingerprint: '', expiresAt: new Date(0).toISOString() }]
        : []
    }),
  )
  const others = intentions.flatMap(({ id }) => (made.has(id) ? [] : [id]))
  const found = await lockReservations(tx, others)
  const unknown = intentions.flatMap(({ do: wish, id }) =>
    (wish === 'commit' || wish === 'extend') && !found.has(id) ? [id] : [],
  )
  const lost = intentions.find(
    ({ do: wish, id }) => wish !== 'commit' && wish !== 'extend' && !made.has(id) && !found.has(id),
  )
  if (lost) throw new Error(`Reservation ${lost.id} can neither be made nor found.`)
  return { made, found, sold: await soldReservations(tx, unknown) }
}

/** The lines whose counters an intention may change. */
function linesTouched(intention: Intention, made: Claimed['made'], found: Claimed['found']): readonly WantedLine[] {
  const { id } = intention
  if (intention.do === 'reserve') return made.get(id) === 'held' ? intention.lines : []
  if (intention.do === 'extend') return []
  const reservation = found.get(id)?.reservation
  return reservation?.state === 'held' ? reservation.lines : []
}

async function write(tx: Sql, { lines, refused, closed, extended }: Draft): Promise<void> {
  await addLines(tx, lines)
  await refuseReservations(tx, refused)
  await closeReservations(tx, closed)
  await extendReservations(tx, extended)
}
