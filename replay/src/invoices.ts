import type { Line } from './lines.ts'

/** The lines of an invoice that stand together in the file. */
export interface Invoice {
  number: string
  /** Names it for ever: an invoice can be in the file in two places. */
  id: string
  at: number
  isReturn: boolean
  lines: Line[]
}

/** One order that an invoice is placed as. */
export interface WantedOrder {
  /** Its idempotency key, the same in every run. */
  key: string
  lines: { sku: string; quantity: number }[]
  /** In pence. */
  total: number
}

/** What a cart takes. */
const MOST_LINES = 100
const MOST_UNITS = 999

/** Puts lines that follow each other together as invoices. */
export async function* invoicesOf(lines: AsyncIterable<Line>): AsyncGenerator<Invoice, void, undefined> {
  let current: Invoice | undefined
  for await (const line of lines) {
    if (current?.number === line.invoice) {
      current.lines.push(line)
      continue
    }
    if (current) yield current
    const { invoice: number, at, isReturn } = line
    current = { number, id: `${number}:${line.number}`, at, isReturn, lines: [line] }
  }
  if (current) yield current
}

/** The orders of an invoice: one, unless it has more lines, or more units of something, than a cart takes. */
export function ordersOf({ id, lines }: Invoice, name: string): WantedOrder[] {
  const wanted = new Map<string, { quantity: number; minorUnits: number }>()
  for (const { sku, quantity, minorUnits } of lines) {
    wanted.set(sku, { minorUnits, quantity: quantity + (wanted.get(sku)?.quantity ?? 0) })
  }
  const orders: WantedOrder[] = []
  for (let left = [...wanted]; left.length > 0; ) {
    const rest: typeof left = []
    for (let first = 0; first < left.length; first += MOST_LINES) {
      const order: WantedOrder = { key: `${name}:${id}:${orders.length + 1}`, lines: [], total: 0 }
      for (const [sku, { quantity, minorUnits }] of left.slice(first, first + MOST_LINES)) {
        const units = Math.min(quantity, MOST_UNITS)
        order.lines.push({ sku, quantity: units })
        order.total += units * minorUnits
        if (quantity > units) rest.push([sku, { quantity: quantity - units, minorUnits }])
      }
      orders.push(order)
    }
    left = rest
  }
  return orders
}
