import { subgraphConfig } from '@commerce/service/config.ts'
import { z } from 'zod'

/** What checkout reads from its environment. */
export const checkoutConfig = subgraphConfig.extend({
  DATABASE_URL_CHECKOUT: z.url(),
  /** Who moves the money. There is no default: nobody shall sell for nothing by accident. */
  PAYMENT_PROVIDER: z.enum(['local'], {
    error: 'must name who moves the money; so far there is only "local", for development and tests, which moves none',
  }),
  /** How long a replica may be silent about an attempt before another takes over. */
  ATTEMPT_LEASE_MS: z.coerce.number().int().min(100).default(30_000),
  /** How long an attempt may wait for an answer before it is undone. */
  ATTEMPT_PATIENCE_MS: z.coerce.number().int().min(0).default(60_000),
  /** How long a request waits for its order before it is told that it is pending: less than the gateway waits (5 s). */
  PLACE_WAIT_MS: z.coerce.number().int().min(0).default(4_000),
})

export type CheckoutConfig = z.infer<typeof checkoutConfig>
