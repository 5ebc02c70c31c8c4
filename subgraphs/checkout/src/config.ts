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
  /** Who knows the ways of delivery: the shop's own table of zones, or a service at `SHIPPING_URL` (docs/providers.md). */
  SHIPPING_PROVIDER: z.enum(['table', 'http']).default('table'),
  SHIPPING_URL: z.url({ protocol: /^https?$/ }).optional(),
  SHIPPING_TOKEN: z.string().min(1).optional(),
  /** Who knows the taxes: the shop's own table of rates, or a service at `TAX_URL`. */
  TAX_PROVIDER: z.enum(['table', 'http']).default('table'),
  TAX_URL: z.url({ protocol: /^https?$/ }).optional(),
  TAX_TOKEN: z.string().min(1).optional(),
  /** How long a call to one of them may take. */
  PROVIDER_TIMEOUT_MS: z.coerce.number().int().min(10).default(800),
  /** How many calls to each of them there may be at a time; as many again wait. */
  PROVIDER_CALLS: z.coerce.number().int().min(1).default(16),
  /** After five failures in a row a provider is left alone for so long, then twice as long, up to a minute. */
  PROVIDER_REST_MS: z.coerce.number().int().min(1).default(2_000),
})

export type CheckoutConfig = z.infer<typeof checkoutConfig>
