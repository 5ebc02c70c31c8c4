import { z } from 'zod'
import type { CommandContract } from './command.ts'

const lines = z
  .array(z.object({ sku: z.string().min(1).max(200), quantity: z.int().positive().max(1_000_000) }))
  .min(1)
  .max(500)

const destination = z
  .object({
    country: z.string().length(2).optional().describe('ISO 3166-1 alpha-2.'),
    region: z.string().max(100).optional().describe('As the locations write it: `CA`.'),
    latitude: z.number().min(-90).max(90).optional(),
    longitude: z.number().min(-180).max(180).optional(),
  })
  .describe('Where the units are to go, for the choice of the locations that they are taken from.')

/** Holds units of every line, or of none. The same `reservationId` asked again gets the same answer and holds nothing twice. */
export const reserveStock = {
  service: 'inventory',
  name: 'reserveStock',
  input: z.object({
    reservationId: z.uuid(),
    lines,
    expiresAt: z.iso.datetime().describe('When the units go back unless committed.'),
    destination: destination.optional(),
  }),
  output: z.discriminatedUnion('outcome', [
    z.object({
      outcome: z.literal('reserved'),
      backordered: z
        .array(z.object({ sku: z.string(), quantity: z.int().positive() }))
        .optional()
        .describe('Of which lines how many units have still to arrive; absent when all are on hand.'),
    }),
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

/**
 * Holds the units of a reservation until a later moment. Only while it is held: what has ended stays ended, and the answer says how. A
 * moment that is not later changes nothing.
 */
export const extendStock = {
  service: 'inventory',
  name: 'extendStock',
  input: closeInput.extend({ expiresAt: z.iso.datetime().describe('Until when the units are to be held.') }),
  output: z.object({
    state: z.enum(['held', 'committed', 'released', 'expired', 'unknown']),
    expiresAt: z.iso.datetime().nullable().describe('Until when they are held; null when they are not.'),
  }),
} satisfies CommandContract<z.ZodType, z.ZodType>

/**
 * Puts sold units back on hand. The same `returnId` asked again for the same is a no-op with the same answer. Of a reservation no more can
 * come back than it sold.
 */
export const returnStock = {
  service: 'inventory',
  name: 'returnStock',
  input: z.object({
    returnId: z.uuid(),
    lines,
    reservationId: z.uuid().optional().describe('With which the units were sold; left out, nothing is compared.'),
    location: z.string().min(1).max(200).optional().describe('The code of where they came back; MAIN when left out.'),
    reason: z.string().min(1).max(500).optional(),
  }),
  output: z.discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('returned') }),
    z.object({
      outcome: z.literal('refused'),
      code: z.string().describe('As `StockReturnErrorCode` in the graph; more values may come.'),
      message: z.string(),
    }),
  ]),
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
