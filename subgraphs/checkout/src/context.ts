import type { Viewer } from '@commerce/service/viewer.ts'
import type { PlacingService } from './attempt/service.ts'
import type { createMerge } from './cart/merge-service.ts'
import type { CartService } from './cart/service.ts'
import type { PromotionService } from './discount/service.ts'
import type { OfferService } from './offer/service.ts'
import type { OrderService } from './order/service.ts'
import type { ShippingService } from './shipping/service.ts'
import type { TaskService } from './task/service.ts'
import type { Task } from './task/task.ts'
import type { TaxService } from './tax/service.ts'

/** What every resolver of checkout gets. */
export interface CheckoutContext {
  /** Null: not signed in. */
  viewer: Viewer | null
  carts: CartService
  mergeCarts: ReturnType<typeof createMerge>
  promotions: PromotionService
  offers: OfferService
  shipping: ShippingService
  tax: TaxService
  orders: OrderService
  placing: PlacingService
  tasks: TaskService
  /** What was given back of an order, oldest first. */
  refundsOf(orderId: string): Promise<Task[]>
}
