import type { Book } from '../book.ts'
import { eventViolations } from './events.ts'
import { orderViolations } from './orders.ts'
import { paymentViolations } from './payments.ts'
import type { Seen } from './seen.ts'
import { stockViolations } from './stock.ts'
import type { Violation } from './violation.ts'

/** Everything that must never be and is. */
export function audit(seen: Seen, book: Book): Violation[] {
  return [
    ...stockViolations(seen, book),
    ...orderViolations(seen, book),
    ...paymentViolations(seen),
    ...eventViolations(seen),
  ]
}
