import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { isCountry } from '../cart/address.ts'
import { invalid, isCode, isTitle, type StaffFault } from '../staff.ts'
import { deleteZone, findZones, saveZone } from './repository.ts'
import type { ShippingRate, ShippingZone } from './shipping.ts'

type Tx = Prisma.TransactionClient

const MAX_ZONES = 250
const MAX_PLACES = 250
const MAX_RATES = 50

export type ShippingService = ReturnType<typeof createShippingService>

/** The shop's own zones and rates, as staff set them. */
export function createShippingService(database: Tx, transact: Transact<Tx>) {
  return {
    zones: () => findZones(database),

    /** Makes a zone or sets it anew; answers what speaks against it. */
    async setZone(zone: ShippingZone): Promise<readonly StaffFault[]> {
      const faults = faultsOf(zone)
      if (faults.length > 0) return faults
      return transact(async (tx) => {
        const others = (await findZones(tx)).filter(({ code }) => code !== zone.code)
        if (others.length >= MAX_ZONES) return [invalid(['code'], `There are ${MAX_ZONES} zones, and no more may be.`)]
        await saveZone(tx, zone)
        return []
      })
    },

    /** Removes a zone; false: there was none. */
    removeZone: (code: string): Promise<boolean> => transact((tx) => deleteZone(tx, code)),
  }
}

function faultsOf({ code, title, places, rates }: ShippingZone): StaffFault[] {
  const faults: StaffFault[] = []
  if (!isCode(code)) faults.push(invalid(['code'], 'A code has 1 to 50 small letters, digits, "-" and "_".'))
  if (!isTitle(title))
    faults.push(invalid(['title'], 'A title has 1 to 200 characters, none of them control characters.'))
  if (places.length === 0 || places.length > MAX_PLACES) {
    faults.push(invalid(['places'], `A zone has 1 to ${MAX_PLACES} places; these are ${places.length}.`))
  }
  for (const [index, { countryCode, regions }] of places.entries()) {
    if (!isCountry(countryCode)) {
      faults.push(
        invalid(['places', String(index), 'countryCode'], `There is no country ${JSON.stringify(countryCode)}.`),
      )
    }
    if (regions.length > 200 || !regions.every((region) => /^[A-Z0-9-]{1,10}$/.test(region))) {
      faults.push(invalid(['places', String(index), 'regions'], 'Expected at most 200 codes of regions, such as "CA".'))
    }
  }
  if (rates.length > MAX_RATES) faults.push(invalid(['rates'], `A zone has at most ${MAX_RATES} rates.`))
  if (new Set(rates.map((rate) => rate.code)).size < rates.length) {
    faults.push(invalid(['rates'], 'Two rates have the same code.'))
  }
  for (const [index, rate] of rates.entries()) {
    const why = whyNoRate(rate)
    if (why) faults.push(invalid(['rates', String(index)], why))
  }
  return faults
}

function whyNoRate(rate: ShippingRate): string | null {
  if (!isCode(rate.code)) return '`code` has 1 to 50 small letters, digits, "-" and "_".'
  if (!isTitle(rate.title)) return '`title` has 1 to 200 characters, none of them control characters.'
  if (rate.minorUnits < 0n) return 'A price is zero or more.'
  const { earliestDays, latestDays } = rate
  if (earliestDays < 0 || latestDays < earliestDays || latestDays > 365) {
    return 'Expected 0 to 365 days, the latest not before the earliest.'
  }
  return null
}
