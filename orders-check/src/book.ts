/** What the checker asked the shop for and what it was told, by the keys it asked with. */
export interface Book {
  stockChanges: Map<string, StockChange>
  tries: Map<string, Try>
  holds: Map<string, Hold>
  cancellations: Map<string, Cancellation>
}

/** Units that come or go, that are counted, or that are brought to another location. */
export type Wish = { delta: number } | { onHand: number } | { quantity: number; to: string }

/** A change of stock that staff asked for with one key. */
export interface StockChange {
  sku: string
  location: string
  wish: Wish
  /** Null until an answer came. */
  answer: 'made' | 'refused' | null
}

export interface Line {
  sku: string
  quantity: number
}

/** One press of the button: all that was asked with one key. */
export interface Try {
  key: string
  cartId: string
  token: string
  lines: readonly Line[]
  answers: Answered[]
}

/** What a buyer was told. */
export interface Answered {
  /** The name of the type, or the code of an error. */
  type: string
  orderId: string | null
  /** Minor units. */
  total: number | null
}

/** A buyer's wish to cancel an order, asked for with one key. */
export interface Cancellation {
  /** Global id. */
  orderId: string
  /** `done`: the shop said that it cancels. Null until an answer came. */
  answer: 'done' | 'refused' | null
}

/** Units that somebody held for some seconds and then forgot, or gave back. */
export interface Hold {
  lines: readonly Line[]
  expiresAt: number
}

export function openBook(): Book {
  return { stockChanges: new Map(), tries: new Map(), holds: new Map(), cancellations: new Map() }
}

const FINAL = new Set(['OrderPlaced', 'OutOfStock', 'OrderPriceChanged', 'PaymentDeclined', 'PlaceOrderRefused'])

/** Whether the same key has to get this answer for ever. */
export function isFinal({ type }: Answered): boolean {
  return FINAL.has(type)
}

/** The final answer to a try; undefined while there is none. */
export function finalAnswer({ answers }: Try): Answered | undefined {
  return answers.find(isFinal)
}
