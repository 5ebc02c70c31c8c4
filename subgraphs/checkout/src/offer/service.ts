import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { type ListedPrice, type ListedProduct, newest } from './offer.ts'
import { savePrices, saveProducts } from './repository.ts'

export type OfferService = ReturnType<typeof createOfferService>

/** What can be bought: a projection of the catalog that only newer versions change. */
export function createOfferService(transact: Transact<Prisma.TransactionClient>) {
  return {
    /** Takes over states in any order, any number of times; an older one never replaces a newer one. */
    async take(products: readonly ListedProduct[], prices: readonly ListedPrice[]): Promise<void> {
      await transact(async (tx) => {
        await saveProducts(
          tx,
          newest(products, ({ id }) => id),
        )
        await savePrices(
          tx,
          newest(prices, ({ sku }) => sku),
        )
      })
    },
  }
}
