// Above the usual length because it is the one list of every event.
import { z } from 'zod'
import { subjectOf } from './subject.ts'

/*
 * The events of the graph: facts in the past tense that carry the whole state of their entity after the change (a cart's only its status).
 * Append-only: a field may be added as optional, never renamed, removed or given another meaning.
 */

const version = z
  .int32()
  .positive()
  .describe('Grows by one with every change of the entity; commit order is version order.')
const moment = z.iso.datetime().describe('RFC 3339, UTC.')
const named = z.object({ name: z.string(), value: z.string() })

const productChanged = z.object({
  id: z.uuid(),
  version,
  slug: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  brand: z.string().nullable(),
  categories: z
    .array(z.object({ id: z.uuid(), slug: z.string(), name: z.string() }))
    .describe('From the root down to the product.'),
  imageUrl: z.string().nullable(),
  attributes: z.array(named),
  popularity: z.int().describe('Higher is more popular; 0 when unknown.'),
  variants: z.array(z.object({ id: z.uuid(), sku: z.string(), title: z.string(), options: z.array(named) })),
  createdAt: moment,
  updatedAt: moment,
})

const priceChanged = z.object({
  sku: z.string(),
  variantId: z.uuid(),
  productId: z.uuid(),
  version,
  price: z
    .object({
      minorUnits: z.int().nonnegative(),
      currencyCode: z.string().length(3),
      compareAtMinorUnits: z.int().nonnegative().nullable(),
    })
    .nullable()
    .describe('Null when the variant cannot be bought.'),
})

const stockPolicy = z.object({
  kind: z.string().describe('As `StockPolicyKind` in the graph: DENY, BACKORDER or PREORDER; more values may come.'),
  limit: z.int().nonnegative().describe('How many units may be promised beyond what is on hand; 0 for DENY.'),
  releaseAt: moment.nullable().describe('When a pre-order ends.'),
  restockAt: moment.nullable().describe('When more is expected.'),
})

const stockChanged = z.object({
  sku: z.string(),
  version,
  locations: z.array(
    z.object({ code: z.string(), onHand: z.int(), reserved: z.int().nonnegative(), safety: z.int().nonnegative() }),
  ),
  available: z.int().describe('Sum over locations of on hand - reserved - safety, each at least 0.'),
  backordered: z
    .int()
    .nonnegative()
    .optional()
    .describe('Units promised beyond what is on hand: sum over locations of reserved - on hand, each at least 0.'),
  backorderable: z
    .int()
    .nonnegative()
    .optional()
    .describe('Units that the policy still lets be promised beyond the available ones.'),
  policy: stockPolicy.optional().describe('What happens when nothing is available.'),
})

const stockLow = z.object({
  sku: z.string(),
  version: version.describe('The version of the stock with which it became low.'),
  available: z.int().nonnegative(),
  threshold: z.int().nonnegative().describe('At so many units or fewer it is low.'),
})

const stockBack = z.object({
  sku: z.string(),
  version: version.describe('The version of the stock with which it came back.'),
  available: z.int().positive(),
})

const locationChanged = z.object({
  code: z.string(),
  version,
  name: z.string(),
  active: z.boolean(),
  country: z.string().length(2).nullable(),
  region: z.string().nullable(),
  position: z.object({ latitude: z.number(), longitude: z.number() }).nullable(),
})

const orderPlaced = z.object({
  id: z.uuid(),
  version,
  number: z.string(),
  cartId: z.uuid(),
  reservationId: z.uuid(),
  viewerId: z.string().nullable(),
  placedAt: moment,
  currencyCode: z.string().length(3),
  totalMinorUnits: z.int().nonnegative(),
  lines: z.array(
    z.object({
      sku: z.string(),
      title: z.string(),
      quantity: z.int().positive(),
      unitMinorUnits: z.int().nonnegative(),
    }),
  ),
})

const orderChanged = orderPlaced.omit({ reservationId: true }).extend({
  status: z.string().describe('As `OrderStatus` in the graph; more values may come.'),
  paymentState: z.string().describe('As `PaymentState` in the graph; more values may come.'),
  changedAt: moment,
  fulfilmentState: z.string().optional().describe('As `FulfilmentState` in the graph; more values may come.'),
  held: z.boolean().optional().describe('Whether somebody has to look at it before it goes on.'),
  capturedMinorUnits: z.int().nonnegative().optional(),
  refundedMinorUnits: z.int().nonnegative().optional().describe('Of what was captured.'),
})

const cartChanged = z
  .object({
    id: z.uuid(),
    version,
    status: z.string().describe('As `CartStatus` in the graph; more values may come.'),
    changedAt: moment,
  })
  .describe('Not what is in it: a cart is private and there are many, and whoever may see it asks for it.')

/** Every event type: what it says, which field of its data is the entity's key, and the schema of its data. */
export const contracts = {
  'catalog.product.changed': {
    summary: 'A product, with its variants, was created or changed.',
    key: 'id',
    data: productChanged,
  },
  'catalog.price.changed': { summary: "A variant's price was set or taken away.", key: 'sku', data: priceChanged },
  'inventory.stock.changed': {
    summary: 'The counters of a SKU changed: counted, held, released or sold.',
    key: 'sku',
    data: stockChanged,
  },
  'inventory.stock.low': {
    summary: 'The available units of a SKU fell to its threshold or below; told once until they were above it again.',
    key: 'sku',
    data: stockLow,
  },
  'inventory.stock.back': {
    summary: 'A SKU of which nothing was available is available again.',
    key: 'sku',
    data: stockBack,
  },
  'inventory.location.changed': {
    summary: 'A place that keeps stock was made, renamed, moved, or opened or closed.',
    key: 'code',
    data: locationChanged,
  },
  'checkout.cart.changed': {
    summary: 'A cart was made, or what is in it, who buys, where it goes, or its status changed.',
    key: 'id',
    data: cartChanged,
  },
  'checkout.order.placed': { summary: 'An order was placed and its payment authorized.', key: 'id', data: orderPlaced },
  'checkout.order.changed': {
    summary:
      'An order was placed, or anything of it changed that can: its status, its payment, what was sent or came back, whether it is held.',
    key: 'id',
    data: orderChanged,
  },
} as const

export type EventType = keyof typeof contracts
export type EventData<T extends EventType> = z.infer<(typeof contracts)[T]['data']>

/** A fact that has not left yet: what a service appends to the outbox. */
export interface NewEvent<T extends EventType = EventType> {
  type: T
  key: string
  subject: string
  version: number
  data: EventData<T>
}

/** A fact as it travels: CloudEvents 1.0, JSON format, with `version` and `traceparent` as extension attributes. */
export interface CommerceEvent<T extends EventType = EventType> {
  specversion: '1.0'
  id: string
  source: string
  type: T
  /** The entity's key, plain. */
  subject: string
  time: string
  datacontenttype: 'application/json'
  version: number
  traceparent?: string
  data: EventData<T>
}

/** Makes an event of `type` from the state of its entity after the change. */
export function event<T extends EventType>(type: T, data: EventData<T>): NewEvent<T> {
  const key = String((data as Record<string, unknown>)[contracts[type].key])
  return { type, key, subject: subjectOf(type, key), version: data.version, data }
}

/** Checks a received event against its contract. Throws a sentence that names what does not fit. */
export function parseEvent(json: string): CommerceEvent {
  const received = JSON.parse(json) as CommerceEvent
  const contract = contracts[received.type]
  if (!contract) throw new Error(`Unknown event type ${JSON.stringify(received.type)}.`)
  const result = contract.data.safeParse(received.data)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new Error(`Event ${received.id} of type ${received.type}: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  return { ...received, data: result.data } as CommerceEvent
}
