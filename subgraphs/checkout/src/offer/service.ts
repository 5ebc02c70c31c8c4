import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { isSku } from '@commerce/service/sku.ts'
import { invalid, isCode, type StaffFault } from '../staff.ts'
import { type ListedPrice, type ListedProduct, type ListedStock, newest } from './offer.ts'
import { savePrices, saveProducts, saveStocks, saveTerms } from './repository.ts'
import { MAX_QUANTITY, type Terms } from './terms.ts'

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

    /** Sets the terms of SKUs anew, all or none; answers what speaks against it. A SKU that nobody sells yet may have terms. */
    async setTerms(terms: readonly (Terms & { sku: string })[]): Promise<readonly StaffFault[]> {
      const faults = terms.flatMap((each, index) => {
        const why = whyNoTerms(each)
        return why ? [invalid(['terms', String(index)], why)] : []
      })
      if (terms.length > MAX_TERMS) faults.push(invalid(['terms'], `At most ${MAX_TERMS} SKUs are set at once.`))
      if (new Set(terms.map(({ sku }) => sku)).size < terms.length)
        faults.push(invalid(['terms'], 'A SKU is named twice.'))
      if (faults.length === 0) await transact((tx) => saveTerms(tx, terms))
      return faults
    },

    /** Takes over how many there are to sell, in the same way. */
    async takeStock(stocks: readonly ListedStock[]): Promise<void> {
      await transact((tx) =>
        saveStocks(
          tx,
          newest(stocks, ({ sku }) => sku),
        ),
      )
    },
  }
}

const MAX_TERMS = 500
const MAX_GRAMS = 10_000_000

function whyNoTerms({
  sku,
  minQuantity,
  maxQuantity,
  step,
  weightGrams,
  taxClass,
}: Terms & { sku: string }): string | null {
  if (!isSku(sku)) return '`sku` is none.'
  const most = maxQuantity ?? MAX_QUANTITY
  if (minQuantity < 1 || most > MAX_QUANTITY || most < minQuantity) {
    return `Quantities are between 1 and ${MAX_QUANTITY}, \`maxQuantity\` not below \`minQuantity\`.`
  }
  if (step < 1 || step > MAX_QUANTITY) return `\`step\` is between 1 and ${MAX_QUANTITY}.`
  if (weightGrams < 0 || weightGrams > MAX_GRAMS) return `\`weightGrams\` is between 0 and ${MAX_GRAMS}.`
  return isCode(taxClass) ? null : '`taxClass` has 1 to 50 small letters, digits, "-" and "_".'
}
