import type { Money } from '@commerce/service/money.ts'
import { isSku } from '@commerce/service/sku.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import { type Context, WRITE_SCOPE } from '../context.ts'
import { atMost } from '../input.ts'
import { type ProductVariant, variantBySku } from '../product/variant-of.ts'
import type { PriceState, PriceValue, PriceWish } from './price.ts'
import { type PriceOutcome, setPrice } from './service.ts'

/** How many SKUs one subscription may follow. */
const MAX_SKUS = 200

interface SetArguments {
  sku: string
  price?: PriceWish | null
  expectedVersion?: number | null
}

type SetPrice = PriceState & { value: PriceValue }

export const priceQueries = {
  async prices(_: unknown, { skus }: { skus: readonly string[] }, context: Context) {
    const rows = [...new Set(atMost(MAX_SKUS, 'skus', skus).filter(isSku))].map(async (sku) => {
      const [place, price] = await Promise.all([context.loaders.sku.load(sku), context.loaders.price.load(sku)])
      return place && { sku, version: price?.version ?? 0, price: shown(price) }
    })
    return (await Promise.all(rows)).filter((row) => row !== null)
  },
}

export const priceMutations = {
  async priceSet(_: unknown, { input }: { input: SetArguments }, context: Context) {
    requireScope(context.viewer, WRITE_SCOPE)
    const { sku, price, expectedVersion = null } = input
    if (price === undefined) return refuse('INVALID', ['price'], 'Give a price, or null to take it away.')
    return setPayload(await setPrice(context.catalog, { sku, price, expectedVersion }), sku, context)
  },
}

export const priceTypes = {
  Price: {
    money: ({ value }: SetPrice): Money => value,
    compareAt: ({ value }: SetPrice) => compareAt(value),
    validFrom: ({ setAt }: SetPrice) => setAt,
  },
  PriceChanged: {
    variant: ({ sku }: { sku: string }, _: unknown, context: Context) => variantBySku(context, sku),
  },
  Variant: {
    price: async ({ variant }: ProductVariant, _: unknown, { loaders }: Context) =>
      shown(await loaders.price.load(variant.sku)),
    compareAtPrice: async ({ variant }: ProductVariant, _: unknown, { loaders }: Context) => {
      const price = await loaders.price.load(variant.sku)
      return price?.value ? compareAt(price.value) : null
    },
  },
}

function shown(price: PriceState | null): PriceState | null {
  return price?.value ? price : null
}

function compareAt({ compareAt: minorUnits, currencyCode }: PriceValue): Money | null {
  return minorUnits === null ? null : { minorUnits, currencyCode }
}

function refuse(code: string, field: string[], message: string) {
  return { variant: null, userErrors: [{ code, field, message }], warnings: [] }
}

async function setPayload(outcome: PriceOutcome, sku: string, context: Context) {
  switch (outcome.outcome) {
    case 'saved':
      return { variant: await variantBySku(context, sku), userErrors: [], warnings: [] }
    case 'unknownSku':
      return refuse('UNKNOWN_SKU', ['sku'], 'There is no variant with this SKU.')
    case 'invalid': {
      const { path, expected, got } = outcome.problem
      return refuse('INVALID', path, `Expected ${expected}, got ${got}.`)
    }
    case 'conflict':
      return refuse('VERSION_CONFLICT', ['expectedVersion'], `The price is at version ${outcome.version}.`)
  }
}
