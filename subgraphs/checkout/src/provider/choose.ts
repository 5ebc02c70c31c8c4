import type { Prisma } from '@commerce/prisma/checkout'
import type { Logger } from '@commerce/service/log.ts'
import type { CheckoutConfig } from '../config.ts'
import { createHttpShipping } from '../shipping/http-provider.ts'
import type { ShippingProvider } from '../shipping/shipping.ts'
import { createTableShipping } from '../shipping/table-provider.ts'
import { createHttpTax } from '../tax/http-provider.ts'
import { createTableTax } from '../tax/table-provider.ts'
import type { TaxProvider } from '../tax/tax.ts'
import { createGuard } from './guard.ts'
import type { HttpProvider } from './http.ts'

/** Who knows delivery and tax, by the configuration. */
export function chooseProviders(
  config: CheckoutConfig,
  database: Prisma.TransactionClient,
  log: Logger,
): { shipping: ShippingProvider; tax: TaxProvider } {
  const { SHIPPING_PROVIDER, SHIPPING_URL, SHIPPING_TOKEN, TAX_PROVIDER, TAX_URL, TAX_TOKEN } = config
  return {
    shipping:
      SHIPPING_PROVIDER === 'http' && SHIPPING_URL
        ? createHttpShipping(http('shipping', SHIPPING_URL, SHIPPING_TOKEN))
        : createTableShipping(database),
    tax: TAX_PROVIDER === 'http' && TAX_URL ? createHttpTax(http('tax', TAX_URL, TAX_TOKEN)) : createTableTax(database),
  }

  function http(name: string, url: string, token: string | undefined): HttpProvider {
    const { PROVIDER_TIMEOUT_MS: timeoutMs, PROVIDER_CALLS: atOnce, PROVIDER_REST_MS: restMs } = config
    return { name, url, token: token ?? null, guard: createGuard({ name: 'It', timeoutMs, atOnce, restMs }), log }
  }
}
