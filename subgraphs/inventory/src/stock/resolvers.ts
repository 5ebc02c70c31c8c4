import { isSku } from '@commerce/service/sku.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { hasScope, requireScope } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { InventoryContext } from '../context.ts'
import type { Adjustment, Count } from './change.ts'
import { availabilityOf, availableAt, availableOf, neverStocked, type Stock, type StockLevel } from './stock.ts'

const MAX_SKUS = 200

type Input<T> = { input: T & { idempotencyKey: string } }

/** GraphQL's view of stock. */
export const stockResolvers: Resolvers = {
  Query: {
    async availabilities(_: unknown, { skus }: { skus: string[] }, context: InventoryContext) {
      if (skus.length > MAX_SKUS) {
        throw new GraphQLError(`At most ${MAX_SKUS} SKUs can be asked for at once, ${skus.length} were.`, {
          extensions: { code: 'BAD_USER_INPUT' },
        })
      }
      return Promise.all([...new Set(skus)].map((sku) => stockOf(sku, context)))
    },
    stock(_: unknown, { sku }: { sku: string }, context: InventoryContext) {
      requireScope(context.viewer, 'inventory:read')
      return find(sku, context)
    },
  },
  Mutation: {
    stockSet(_: unknown, { input }: Input<Count>, { viewer, stockService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return stockService.set(input)
    },
    stockAdjust(_: unknown, { input }: Input<Adjustment>, { viewer, stockService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return stockService.adjust(input)
    },
  },
  Variant: {
    __resolveReference: ({ sku }: { sku: string }) => ({ sku }),
    availability: async ({ sku }: { sku: string }, _: unknown, context: InventoryContext) =>
      availabilityOf(await stockOf(sku, context), seesAll(context)),
  },
  AvailabilityChanged: {
    availability: (stock: Stock, _: unknown, context: InventoryContext) => availabilityOf(stock, seesAll(context)),
    variant: ({ sku }: Stock) => ({ sku }),
  },
  Stock: {
    available: availableOf,
    locations: ({ levels }: Stock) => levels,
    variant: ({ sku }: Stock) => ({ sku }),
  },
  StockLevel: {
    available: (level: StockLevel) => availableAt(level),
  },
}

// What cannot be a SKU never had stock and never will: it depends on nothing, and gets no place in the cache, where it would push out what is
// asked for. All else that is read here is the stock itself, of which the loader says that it can change; a location keeps its name.
async function find(sku: string, { stocks }: InventoryContext): Promise<Stock | null> {
  return isSku(sku) ? stocks.load(sku) : null
}

async function stockOf(sku: string, context: InventoryContext): Promise<Stock> {
  return (await find(sku, context)) ?? neverStocked(sku)
}

function seesAll({ viewer }: InventoryContext): boolean {
  return hasScope(viewer, 'inventory:read')
}
