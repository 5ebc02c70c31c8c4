import type { Viewer } from '@commerce/service/viewer.ts'
import type { PlacingService } from './attempt/service.ts'
import type { CartService } from './cart/service.ts'
import type { Operation } from './operation/operation.ts'
import type { OperationService } from './operation/service.ts'
import type { OrderService } from './order/service.ts'

/** What every resolver of checkout gets. */
export interface CheckoutContext {
  /** Null: not signed in. */
  viewer: Viewer | null
  carts: CartService
  orders: OrderService
  placing: PlacingService
  operations: OperationService
  /** What was given back of an order, oldest first. */
  refundsOf(orderId: string): Promise<Operation[]>
}
