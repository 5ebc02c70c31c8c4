import { z } from 'zod'
import type { CommandContract } from './command.ts'

const lines = z
  .array(z.object({ sku: z.string().min(1).max(200), quantity: z.int().positive().max(1_000_000) }))
  .min(1)
  .max(500)

/** Holds units of every line, or of none. The same `reservationId` asked again gets the same answer and holds nothing twice. */
export const reserveStock = {
  service: 'inventory',
  name: 'reserveStock',
  input: z.object({
    reservationId: z.uuid(),
    lines,
    expiresAt: z.iso.datetime().describe('When the units go back unless committed.'),
  }),
  output: z.discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('reserved') }),
    z.object({
      outcome: z.literal('insufficient'),
      shortages: z.array(z.object({ sku: z.string(), available: z.int() })),
    }),
    z.object({ outcome: z.literal('closed'), state: z.enum(['committed', 'released', 'expired']) }),
  ]),
} satisfies CommandContract<z.ZodType, z.ZodType>

const closeInput = z.object({ reservationId: z.uuid() })
const closeOutput = z.object({ state: z.enum(['committed', 'released', 'expired', 'unknown']) })

/** Gives the units of a reservation back. A no-op when it is closed already; the answer says how. */
export const releaseStock = {
  service: 'inventory',
  name: 'releaseStock',
  input: closeInput,
  output: closeOutput,
} satisfies CommandContract<z.ZodType, z.ZodType>

/** Takes the held units out of what is on hand: they are sold. A no-op when done already. */
export const commitStock = {
  service: 'inventory',
  name: 'commitStock',
  input: closeInput,
  output: closeOutput,
} satisfies CommandContract<z.ZodType, z.ZodType>

/** What the catalog sells these SKUs for right now; a SKU that does not exist is left out, one without a price has null. */
export const quotePrices = {
  service: 'catalog',
  name: 'quotePrices',
  input: z.object({ skus: z.array(z.string()).min(1).max(500) }),
  output: z.object({
    offers: z.array(
      z.object({
        sku: z.string(),
        title: z.string(),
        price: z.object({ minorUnits: z.int(), currencyCode: z.string() }).nullable(),
        version: z.int(),
      }),
    ),
  }),
} satisfies CommandContract<z.ZodType, z.ZodType>
