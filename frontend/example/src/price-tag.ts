import { type FragmentType, getFragmentData, graphql } from './gql/index.ts'

const priceTag = graphql(`
  fragment PriceTag on Variant {
    sku
    price {
      money {
        amount
        currencyCode
      }
    }
    availability {
      status
    }
  }
`)

/** What a variant costs and whether it is there, in a line. It says itself what it needs, and nobody else can read that. */
export function tellPrice(variant: FragmentType<typeof priceTag>): string {
  const { sku, price, availability } = getFragmentData(priceTag, variant)
  const money = price ? `${price.money.amount} ${price.money.currencyCode}` : 'no price'
  return `${sku}: ${money}, ${availability?.status ?? 'stock not known'}`
}
