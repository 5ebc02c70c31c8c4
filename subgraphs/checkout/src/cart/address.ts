import { COUNTRIES, WITH_REGION, WITHOUT_POSTAL_CODE } from './countries.ts'

/** Where somebody is. What is not known is null; only the country always is. */
export interface Address {
  name: string | null
  company: string | null
  line1: string | null
  line2: string | null
  city: string | null
  /** A state or province, by the code that post and tax use there: `CA`. */
  region: string | null
  postalCode: string | null
  /** ISO 3166-1 alpha-2. */
  countryCode: string
  phone: string | null
}

/** An address as it is told; left out is not known. */
export type AddressInput = { [part in keyof Address]?: Address[part] | undefined }

export type AddressPart = keyof Address

/** What is wrong with a part of an address. */
export interface AddressFault {
  part: AddressPart
  code: 'COUNTRY_UNKNOWN' | 'ADDRESS_PART_INVALID'
  message: string
}

const PARTS = ['name', 'company', 'line1', 'line2', 'city', 'region', 'postalCode', 'phone'] as const
const MAX_PART = 200
const CODES = new Set(COUNTRIES.split(' '))
const NO_POSTAL_CODE = new Set(WITHOUT_POSTAL_CODE.split(' '))
const NEEDS_REGION = new Set(WITH_REGION.split(' '))

/** Whether there is a country with these two letters. */
export function isCountry(code: string): boolean {
  return CODES.has(code)
}

/** An address in its stored form (trimmed, codes in capitals, empty parts null), or what cannot be in one. Parts may be missing: `missingParts` tells. */
export function addressFrom(input: AddressInput): Address | { faults: readonly AddressFault[] } {
  const faults: AddressFault[] = []
  const countryCode = (input.countryCode ?? '').trim().toUpperCase()
  if (!isCountry(countryCode)) {
    const got = JSON.stringify((input.countryCode ?? '').slice(0, 20))
    faults.push({
      part: 'countryCode',
      code: 'COUNTRY_UNKNOWN',
      message: `Expected a country by its two letters of ISO 3166, such as "DE", got ${got}.`,
    })
  }
  const address = { countryCode } as Address
  for (const part of PARTS) {
    const text = (input[part] ?? '').trim()
    if (text.length > MAX_PART || !text.isWellFormed() || /\p{Cc}/u.test(text)) {
      const message = `\`${part}\` has at most ${MAX_PART} characters, none of them control characters.`
      faults.push({ part, code: 'ADDRESS_PART_INVALID', message })
    }
    address[part] = text === '' ? null : part === 'region' ? text.toUpperCase() : text
  }
  return faults.length > 0 ? { faults } : address
}

/** What an address still lacks for something to be sent there, or for a bill; empty: nothing. */
export function missingParts(address: Address): AddressPart[] {
  const { countryCode } = address
  const required: AddressPart[] = ['name', 'line1', 'city']
  if (NEEDS_REGION.has(countryCode)) required.push('region')
  if (!NO_POSTAL_CODE.has(countryCode)) required.push('postalCode')
  return required.filter((part) => address[part] === null)
}

/** The e-mail address in its stored form, or null when it cannot be one. Whether it can be reached only a mail tells. */
export function emailFrom(text: string): string | null {
  const email = text.trim()
  return email.length <= 254 &&
    /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]+\.[^\s@\p{Cc}.]+$/u.test(email) &&
    email.isWellFormed()
    ? email
    : null
}
