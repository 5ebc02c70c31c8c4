/** An amount of money: `minorUnits` of an ISO 4217 currency (cents of USD, yen of JPY, fils of KWD). Never a float. */
export interface Money {
  minorUnits: bigint
  currencyCode: string
}

// ISO 4217 lists the currencies whose minor unit is not a hundredth.
const EXPONENTS: Record<string, number> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3]),
])

/** Decimal places of a currency: 2 unless ISO 4217 says otherwise. */
export function exponentOf(currencyCode: string): number {
  return EXPONENTS[currencyCode] ?? 2
}

/** Whether this is the form of an ISO 4217 code: three capital letters. */
export function isCurrencyCode(code: string): boolean {
  return /^[A-Z]{3}$/.test(code)
}

/** Minor units as a decimal string with the currency's places: `1999n, USD` is `"19.99"`. */
export function toAmount({ minorUnits, currencyCode }: Money): string {
  const places = exponentOf(currencyCode)
  const digits = (minorUnits < 0n ? -minorUnits : minorUnits).toString().padStart(places + 1, '0')
  const sign = minorUnits < 0n ? '-' : ''
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** A decimal string as minor units, or null when it is not a number or has more places than the currency. */
export function fromAmount(amount: string, currencyCode: string): bigint | null {
  const match = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(amount)
  if (!match) return null
  const [, sign, whole, fraction = ''] = match
  const places = exponentOf(currencyCode)
  const significant = fraction.replace(/0+$/, '')
  if (significant.length > places) return null
  const units = BigInt(whole + significant.padEnd(places, '0'))
  return sign ? -units : units
}

/** What the GraphQL type `Money` resolves from. */
export const moneyResolvers = {
  amount: toAmount,
  currencyCode: (money: Money) => money.currencyCode,
  minorUnits: (money: Money) => money.minorUnits,
}
