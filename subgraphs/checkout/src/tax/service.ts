import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { isCountry } from '../cart/address.ts'
import { invalid, isCode, ppmFrom, type StaffFault } from '../staff.ts'
import { findRates, saveRates } from './repository.ts'
import type { TaxRate } from './tax.ts'

type Tx = Prisma.TransactionClient

const MAX_RATES = 500

/** A rate as staff wish it. */
export interface RateWish {
  region: string
  taxClass: string
  percent: string
  included: boolean
}

export type TaxService = ReturnType<typeof createTaxService>

/** The shop's own rates of tax, as staff set them. */
export function createTaxService(database: Tx, transact: Transact<Tx>) {
  return {
    rates: (countryCode: string) => findRates(database, countryCode),

    /** Replaces the rates of a country; answers what speaks against it. */
    async setRates(countryCode: string, wishes: readonly RateWish[]): Promise<readonly StaffFault[]> {
      const faults: StaffFault[] = []
      if (!isCountry(countryCode))
        faults.push(invalid(['countryCode'], `There is no country ${JSON.stringify(countryCode)}.`))
      if (wishes.length > MAX_RATES) faults.push(invalid(['rates'], `A country has at most ${MAX_RATES} rates.`))
      const known = new Set<string>()
      const rates = wishes.map((wish, index): TaxRate => {
        const why = whyNoRate(wish, known)
        if (why) faults.push(invalid(['rates', String(index)], why))
        const { region, taxClass, included } = wish
        return { countryCode, region, taxClass, included, ppm: ppmFrom(wish.percent) ?? 0 }
      })
      if (faults.length === 0) await transact((tx) => saveRates(tx, countryCode, rates))
      return faults
    },
  }
}

function whyNoRate({ region, taxClass, percent }: RateWish, known: Set<string>): string | null {
  if (!/^[A-Z0-9-]{0,10}$/.test(region)) return '`region` is a code such as "CA", or empty for the whole country.'
  if (!isCode(taxClass)) return '`taxClass` has 1 to 50 small letters, digits, "-" and "_".'
  if (ppmFrom(percent) === null) return '`percent` is between 0 and 100, with at most four decimals.'
  const key = `${region} ${taxClass}`
  if (known.has(key)) return 'This region and class has a rate already.'
  known.add(key)
  return null
}
