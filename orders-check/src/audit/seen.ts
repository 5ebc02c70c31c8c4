import type { Line } from '../book.ts'

/** All that the shop's tables and its stream hold at the end, as the rules of the audit read it. Ids are those of the tables. */
export interface Seen {
  /** The moment of reading, in milliseconds, by the database's clock. */
  at: number
  levels: readonly { sku: string; location: string; onHand: number; reserved: number }[]
  /** In the order in which they were booked. */
  movements: readonly Movement[]
  reservations: readonly Reservation[]
  attempts: readonly Attempt[]
  orders: readonly Order[]
  payments: readonly Payment[]
  /** Changes of orders that were asked for. */
  tasks: readonly { id: string; orderId: string; kind: string; phase: string }[]
  /** Carts that say an attempt is placing them. */
  placing: readonly { id: string; attemptId: string }[]
  /** By the subgraph whose outbox it is. */
  outboxes: ReadonlyMap<string, readonly Told[]>
  /** Versions of entities: what the owner's table says of each, and what others know of it. */
  projections: readonly Projection[]
  /** The highest version of each subject that the stream holds. */
  stream: ReadonlyMap<string, number>
  /** Events that durable consumers have not finished, by their names. */
  lags: ReadonlyMap<string, number>
}

export interface Movement {
  sku: string
  location: string
  delta: number
  kind: string
  idempotencyKey: string | null
  reservationId: string | null
}

export interface Reservation {
  id: string
  state: string
  expiresAt: number
  lines: readonly Line[]
}

export interface Attempt {
  id: string
  key: string
  cartId: string
  phase: string
  orderId: string | null
}

export interface Order {
  id: string
  attemptId: string
  cartId: string
  status: string
  paymentState: string
  total: number
  /** Names its payment. */
  round: string
  /** With which its units were sold. */
  reservationId: string
  lines: readonly (Line & { unit: number })[]
}

/** A row of the payment provider's books. */
export interface Payment {
  kind: string
  authorizationKey: string
  outcome: string
  minorUnits: number
}

/** An event in an outbox. */
export interface Told {
  subject: string
  type: string
  version: number
  left: boolean
  // biome-ignore lint/suspicious/noExplicitAny: what an event's data looks like is what its contract says
  data: any
}

export interface Projection {
  name: string
  source: ReadonlyMap<string, string>
  known: ReadonlyMap<string, string>
}
