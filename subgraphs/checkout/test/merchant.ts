import type { Ask } from './checkout.ts'

const STAFF = { id: 'staff', scopes: ['checkout:read', 'checkout:write'] }

interface Set {
  userErrors: { code: string; field: string[] | null; message: string }[]
  promotion?: { id: string; version: number; uses: number; code: string | null; endsAt: string | null } | null
}

/** What staff do for carts: promotions, delivery, tax, the terms of SKUs. Each fails when it is refused, `tried` does not. */
export function merchant(ask: Ask, viewer: typeof STAFF | null = STAFF) {
  async function tried(name: string, input: object): Promise<Set> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
    const made = name.startsWith('promotion') ? 'promotion { id version uses code endsAt }' : ''
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code field message } ${made} } }`
    return (await ask<Record<string, Set>>(query, { input }, viewer))[name] as Set
  }
  async function set(name: string, input: object): Promise<Set> {
    const answer = await tried(name, input)
    if (answer.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(answer.userErrors)}`)
    return answer
  }
  return {
    tried,
    set,
    /** A new promotion; answers its global id. */
    async promote(rule: object, more: object = {}): Promise<string> {
      return (await set('promotionSet', { title: 'A promotion', rule, ...more })).promotion?.id ?? ''
    },
    end: (id: string) => set('promotionEnd', { id }),
    /** How many orders were placed with the promotion that has this code, and not cancelled. */
    async uses(code: string): Promise<number | undefined> {
      const query = 'query ($code: String!) { promotions(code: $code) { nodes { uses } } }'
      const answer = await ask<{ promotions: { nodes: { uses: number }[] } }>(query, { code }, viewer)
      return answer.promotions.nodes[0]?.uses
    },
    /** Delivery into a country: by post for 5.00, or by courier for 12.00. */
    deliverTo: (countryCode: string, post = '5.00') =>
      set('shippingZoneSet', {
        code: countryCode.toLowerCase(),
        title: countryCode,
        places: [{ countryCode }],
        rates: [
          { code: 'courier', title: 'Courier', price: usd('12.00'), earliestDays: 1, latestDays: 1 },
          { code: 'post', title: 'Post', price: usd(post), earliestDays: 2, latestDays: 4 },
        ],
      }),
    tax: (countryCode: string, rates: object[]) => set('taxRatesSet', { countryCode, rates }),
    terms: (...terms: object[]) => set('skuTermsSet', { terms }),
  }
}

export function usd(amount: string) {
  return { amount, currencyCode: 'USD' }
}

/** An address with all its parts. */
export const BERLIN = { name: 'Ann Lee', line1: 'Weg 1', city: 'Berlin', postalCode: '10115', countryCode: 'DE' }
