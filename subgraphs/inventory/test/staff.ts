import { randomUUID } from 'node:crypto'
import type { TestInventory } from './inventory.ts'

export interface UserError {
  code: string
  field: string[] | null
  message: string
}

export interface Level {
  location: { code: string; name: string }
  onHand: number
  reserved: number
  safety: number
  available: number
  backordered: number
}

export interface Stock {
  sku: string
  version: number
  available: number
  backordered: number
  backorderable: number
  locations: Level[]
  policy: {
    kind: string
    limit: number
    location: { code: string } | null
    releaseAt: string | null
    restockAt: string | null
  }
}

export interface Changed {
  stock: Stock | null
  userErrors: UserError[]
  warnings: string[]
}

export interface Location {
  code: string
  name: string
  active: boolean
  country: string | null
  region: string | null
  position: { latitude: number; longitude: number } | null
  version: number
}

const STOCK = `sku version available backordered backorderable
  locations { location { code name } onHand reserved safety available backordered }
  policy { kind limit location { code } releaseAt restockAt } lowStockThreshold`
const LOCATION = 'code name active country region position { latitude longitude } version'
const REST = 'userErrors { code field message } warnings'

export type Staff = ReturnType<typeof staffOf>

/** What staff do, each under a key of its own unless the input has one. */
export function staffOf(inventory: TestInventory) {
  async function change<R>(name: string, selection: string, input: object): Promise<R> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`
    const variables = { input: { idempotencyKey: randomUUID(), ...input } }
    return (await inventory.ask<Record<string, R>>(query, variables))[name] as R
  }
  const ofStock = (name: string) => (input: object) => change<Changed>(name, `stock { ${STOCK} } ${REST}`, input)
  const ofLocation = (name: string) => (input: object) =>
    change<{ location: Location | null; userErrors: UserError[] }>(name, `location { ${LOCATION} } ${REST}`, input)
  return {
    set: ofStock('stockSet'),
    adjust: (input: object) => ofStock('stockAdjust')({ reason: 'test', ...input }),
    transfer: ofStock('stockTransfer'),
    putBack: ofStock('stockReturn'),
    policy: ofStock('stockPolicySet'),
    bulkSet: (input: object) =>
      change<{ applied: number; results: (Changed & { status: string })[]; userErrors: UserError[] }>(
        'stockBulkSet',
        'applied results { status stock { sku version available } userErrors { code field } } userErrors { code field message }',
        input,
      ),
    locationCreate: ofLocation('locationCreate'),
    locationUpdate: ofLocation('locationUpdate'),
    async stock(sku: string): Promise<Stock> {
      const query = `query ($sku: String!) { stock(sku: $sku) { ${STOCK} } }`
      return (await inventory.ask<{ stock: Stock }>(query, { sku })).stock
    },
    /** What shoppers are told. */
    async status(sku: string): Promise<{ status: string; available: number | null; restockAt: string | null }> {
      const query =
        'query ($skus: [String!]!) { availabilities(skus: $skus) { availability { status available restockAt } } }'
      const { availabilities } = await inventory.ask<{
        availabilities: { availability: { status: string; available: number | null; restockAt: string | null } }[]
      }>(query, { skus: [sku] }, { scopes: null })
      return availabilities[0]?.availability as { status: string; available: number | null; restockAt: string | null }
    },
  }
}
