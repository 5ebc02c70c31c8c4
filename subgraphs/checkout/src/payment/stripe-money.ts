import { exponentOf, type Money } from '@commerce/service/money.ts'

// Where Stripe counts other than ISO 4217 does: https://docs.stripe.com/currencies
const STRIPES_OWN: Record<string, number> = { ISK: 2, UGX: 2, MGA: 0 }

/** An amount as Stripe counts it: in its smallest unit of the currency. Throws when it cannot be said there. */
export function stripeAmount({ minorUnits, currencyCode }: Money): { amount: number; currency: string } {
  const places = (STRIPES_OWN[currencyCode] ?? exponentOf(currencyCode)) - exponentOf(currencyCode)
  const factor = 10n ** BigInt(Math.abs(places))
  const whole = places >= 0 || minorUnits % factor === 0n
  if (!whole) throw new Error(`Stripe has no parts of ${currencyCode} this small: ${minorUnits} minor units.`)
  return {
    amount: Number(places >= 0 ? minorUnits * factor : minorUnits / factor),
    currency: currencyCode.toLowerCase(),
  }
}
