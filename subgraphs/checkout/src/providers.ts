import type { Prisma } from '@commerce/prisma/checkout'
import type { CheckoutConfig } from './config.ts'
import { createGuard } from './guard.ts'
import { createHttpShipping } from './shipping/http-provider.ts'
import type { ShippingProvider } from './shipping/shipping.ts'
import { createTableShipping } from './shipping/table-provider.ts'
import { createHttpTax } from './tax/http-provider.ts'
import { createTableTax } from './tax/table-provider.ts'
import type { TaxProvider } from './tax/tax.ts'

const FAILURES = 5

/** Who knows delivery and tax, by the settings. Throws a sentence when one is named whose address is not. */
export function chooseProviders(
  config: CheckoutConfig,
  database: Prisma.TransactionClient,
): { shipping: ShippingProvider; tax: TaxProvider } {
  const guard = (provider: string) =>
    createGuard({
      provider,
      timeoutMs: config.PROVIDER_TIMEOUT_MS,
      atOnce: config.PROVIDER_CALLS,
      failures: FAILURES,
      restMs: config.PROVIDER_REST_MS,
    })
  const { SHIPPING_PROVIDER, SHIPPING_URL, SHIPPING_TOKEN, TAX_PROVIDER, TAX_URL, TAX_TOKEN } = config
  return {
    shipping:
      SHIPPING_PROVIDER === 'http'
        ? createHttpShipping(at('SHIPPING', SHIPPING_URL, SHIPPING_TOKEN), guard('shipping'))
        : createTableShipping(database),
    tax:
      TAX_PROVIDER === 'http' ? createHttpTax(at('TAX', TAX_URL, TAX_TOKEN), guard('tax')) : createTableTax(database),
  }
}

function at(name: 'SHIPPING' | 'TAX', url: string | undefined, token: string | undefined) {
  if (url === undefined) throw new Error(`${name}_URL is not set: with ${name}_PROVIDER=http it names who to ask.`)
  return { url, token: token ?? null }
}
