import { subgraphConfig } from '@commerce/service/config.ts'
import { z } from 'zod'

/** What checkout reads from its environment. */
export const checkoutConfig = subgraphConfig
  .extend({
    DATABASE_URL_CHECKOUT: z.url(),
    /** Who moves the money. There is no default: nobody shall sell for nothing by accident. */
    PAYMENT_PROVIDER: z.enum(['local', 'stripe'], {
      error: 'must name who moves the money: "stripe", or "local", for development and tests, which moves none',
    }),
    STRIPE_SECRET_KEY: z
      .string()
      .startsWith('sk_', { error: 'needs a secret key of Stripe, which begins with "sk_"' })
      .optional(),
    STRIPE_WEBHOOK_SECRET: z
      .string()
      .startsWith('whsec_', { error: 'needs the signing secret of the webhook endpoint, which begins with "whsec_"' })
      .optional(),
    /** Where Stripe's API is; another address only for tests. */
    STRIPE_API_BASE: z.url().default('https://api.stripe.com'),
    /** The shop's page to which a bank sends the shopper back after a confirmation; without it only ways to pay that need no such page are taken. */
    PAYMENT_RETURN_URL: z.url().optional(),
    /** Where the shopper confirms payments of the local provider: this subgraph's `/payments/local`, when a browser reaches it at another address than its own. */
    PAYMENT_LOCAL_ACTION_URL: z.url().optional(),
    /** How long one call to the payment provider may take, in milliseconds. */
    PAYMENT_TIMEOUT_MS: z.coerce.number().int().min(10).default(3_000),
    /** How long a shopper has to confirm a payment, in milliseconds; at most 10 minutes, because the stock is held for 15. */
    PAYMENT_ACTION_MS: z.coerce.number().int().min(0).max(600_000).default(480_000),
    /** What placing an order answers while the payment provider is down: `CheckoutUnavailable`, or `OrderPending` until it is back. */
    PAYMENT_DOWN: z.enum(['refuse', 'accept']).default('refuse'),
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
    /** How long a call to one of them may take, in milliseconds. */
    PROVIDER_TIMEOUT_MS: z.coerce.number().int().min(10).default(800),
    /** How many calls to each of them there may be at a time; one more is refused. */
    PROVIDER_CALLS: z.coerce.number().int().min(1).default(32),
    /** After five failures in a row a provider is left alone for so long, then twice as long, up to half a minute. */
    PROVIDER_REST_MS: z.coerce.number().int().min(1).default(2_000),
  })
  .superRefine((config, context) => {
    for (const name of ['SHIPPING', 'TAX'] as const) {
      if (config[`${name}_PROVIDER`] === 'http' && !config[`${name}_URL`])
        context.addIssue({ code: 'custom', path: [`${name}_URL`], message: `needs a value with ${name}_PROVIDER=http` })
    }
    if (config.PAYMENT_PROVIDER !== 'stripe') return
    for (const name of ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'] as const) {
      if (!config[name])
        context.addIssue({ code: 'custom', path: [name], message: 'needs a value with PAYMENT_PROVIDER=stripe' })
    }
  })

export type CheckoutConfig = z.infer<typeof checkoutConfig>
