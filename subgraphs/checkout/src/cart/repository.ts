// Above the usual length: what is in a cart, and who places its order, are columns of one row.
import { Prisma } from '@commerce/prisma/checkout'
import { jsonOf } from '../json.ts'
import type { ShippingChoice } from '../shipping/shipping.ts'
import type { Address } from './address.ts'
import type { Cart, CartContent, CartLine, CartStanding, CartState } from './cart.ts'

type Tx = Prisma.TransactionClient

interface Row {
  id: string
  viewer_id: string | null
  currency_code: string | null
  attempt_id: string | null
  version: number
  created_at: Date
  updated_at: Date
  completed_at: Date | null
  merged_into: string | null
  buyer_email: string | null
  shipping_address: Address | null
  billing_address: Address | null
  shipping_choice: (Omit<ShippingChoice, 'minorUnits'> & { minorUnits: string }) | null
  discount_codes: string[]
}

// By name: the statement is kept, and a column that a migration adds must not change what it answers.
const STANDING = Prisma.sql`cart.id, cart.attempt_id, cart.version, cart.updated_at, cart.completed_at, cart.merged_into`

/** The cart with its lines, or null. */
export async function findCart(db: Tx, id: string): Promise<Cart | null> {
  return (await findCarts(db, [id])).get(id) ?? null
}

/** These carts with their lines, by id. */
export async function findCarts(db: Tx, ids: readonly string[]): Promise<Map<string, Cart>> {
  // One statement, so that the lines are those of the version.
  const rows = await db.$queryRaw<(Row & { lines: StoredLine[] })[]>`
    select cart.id, viewer_id, currency_code, attempt_id, version, created_at, updated_at, completed_at, merged_into, buyer_email,
      shipping_address, billing_address, shipping_choice, discount_codes, coalesce(
      (select json_agg(json_build_object('id', id, 'sku', sku, 'title', title, 'quantity', quantity,
                                         'accepted', accepted_minor_units::text) order by position)
       from cart_line where cart_id = cart.id), '[]') as lines
    from cart where id = any(${[...ids]}::uuid[])`
  return new Map(rows.map((row) => [row.id, toCart(row, row.lines)]))
}

/** Like `findCart`, and nobody else changes the cart until the transaction ends. */
export async function lockCart(tx: Tx, id: string): Promise<Cart | null> {
  return (await lockCarts(tx, [id])).get(id) ?? null
}

/** Like `findCarts`, and nobody else changes the carts until the transaction ends. */
export async function lockCarts(tx: Tx, ids: readonly string[]): Promise<Map<string, Cart>> {
  if (ids.length === 0) return new Map()
  const locked = await tx.$queryRaw<unknown[]>`
    select 1 from cart where id = any(${[...ids]}::uuid[]) order by id for update`
  return locked.length === 0 ? new Map() : findCarts(tx, ids)
}

/** The cart that a viewer changed last of those whose order can still be placed, or null. */
export async function findCurrentCart(db: Tx, viewerId: string): Promise<Cart | null> {
  const [row] = await db.$queryRaw<{ id: string }[]>`
    select id from cart where viewer_id = ${viewerId} and completed_at is null and merged_into is null
    order by updated_at desc, id limit 1`
  return row ? findCart(db, row.id) : null
}

/** Stores a new cart, in version 1. */
export async function insertCart(
  tx: Tx,
  { id, viewerId, ...content }: CartContent & Pick<Cart, 'id' | 'viewerId'>,
): Promise<void> {
  await tx.$executeRaw`
    insert into cart (id, viewer_id, currency_code) values (${id}::uuid, ${viewerId}, ${content.currencyCode})`
  await writeLines(tx, id, content.lines)
}

/** Replaces the content of a cart, which becomes this viewer's if it was nobody's; its version grows by one. It must be locked. */
export async function saveCart(
  tx: Tx,
  cartId: string,
  content: CartContent,
  viewerId: string | null = null,
): Promise<void> {
  const { lines, currencyCode, buyerEmail, shippingAddress, billingAddress, shippingChoice, discountCodes } = content
  await tx.$executeRaw`
    delete from cart_line where cart_id = ${cartId}::uuid and id <> all(${lines.map(({ id }) => id)}::uuid[])`
  await writeLines(tx, cartId, lines)
  await tx.$executeRaw`
    update cart set currency_code = ${currencyCode}, buyer_email = ${buyerEmail},
      shipping_address = ${shippingAddress && jsonOf(shippingAddress)}::jsonb, billing_address = ${billingAddress && jsonOf(billingAddress)}::jsonb,
      shipping_choice = ${shippingChoice && jsonOf(shippingChoice)}::jsonb, discount_codes = ${[...discountCodes]}::text[],
      viewer_id = coalesce(viewer_id, ${viewerId}), version = version + 1, updated_at = now()
    where id = ${cartId}::uuid`
}

/** The cart's lines went into another cart: it is closed for good, and its version grows by one. It must be locked. */
export async function closeMerged(tx: Tx, cartId: string, into: string): Promise<CartStanding> {
  await tx.$executeRaw`delete from cart_line where cart_id = ${cartId}::uuid`
  const [row] = await tx.$queryRaw<[Row]>`
    update cart set merged_into = ${into}::uuid, currency_code = null, version = version + 1, updated_at = now()
    where id = ${cartId}::uuid
    returning ${STANDING}`
  return toStanding(row)
}

/** An attempt and the cart whose order it places. */
export interface Placing {
  cartId: string
  attemptId: string
}

/** From now on only these attempts may place their carts' orders, and nobody changes the lines; the versions grow by one. The carts must be locked and open. */
export function startPlacing(tx: Tx, placings: readonly Placing[]): Promise<Map<string, CartStanding>> {
  return changeStanding(tx, placings, Prisma.sql`attempt_id = held_by.attempt_id`, Prisma.sql`true`)
}

/**
 * The attempts are over without an order: the carts are open again, and their versions grow by one. Nothing happens to a cart that its
 * attempt does not hold: it is not in the answer. The carts must be locked.
 */
export function stopPlacing(tx: Tx, placings: readonly Placing[]): Promise<Map<string, CartStanding>> {
  return changeStanding(tx, placings, Prisma.sql`attempt_id = null`, HELD)
}

/** The carts' orders are placed; a cart that its attempt does not hold is not in the answer. The carts must be locked. */
export function completeCarts(tx: Tx, placings: readonly Placing[]): Promise<Map<string, CartStanding>> {
  return changeStanding(tx, placings, Prisma.sql`completed_at = now()`, HELD)
}

const HELD = Prisma.sql`cart.attempt_id = held_by.attempt_id and cart.completed_at is null`

async function changeStanding(
  tx: Tx,
  placings: readonly Placing[],
  change: Prisma.Sql,
  which: Prisma.Sql,
): Promise<Map<string, CartStanding>> {
  if (placings.length === 0) return new Map()
  const rows = await tx.$queryRaw<Row[]>`
    update cart set ${change}, version = version + 1, updated_at = now()
    from unnest(${placings.map(({ cartId }) => cartId)}::uuid[], ${placings.map(({ attemptId }) => attemptId)}::uuid[])
      as held_by(cart_id, attempt_id)
    where cart.id = held_by.cart_id and ${which}
    returning ${STANDING}`
  return new Map(rows.map((row) => [row.id, toStanding(row)]))
}

async function writeLines(tx: Tx, cartId: string, lines: readonly CartLine[]): Promise<void> {
  if (lines.length === 0) return
  const rows = JSON.stringify(
    lines.map(({ acceptedMinorUnits, ...line }, position) => ({
      ...line,
      position,
      accepted: String(acceptedMinorUnits),
    })),
  )
  await tx.$executeRaw`
    insert into cart_line (id, cart_id, position, sku, title, quantity, accepted_minor_units)
    select id, ${cartId}::uuid, position, sku, title, quantity, accepted
    from jsonb_to_recordset(${rows}::jsonb)
      as row(id uuid, position int, sku text, title text, quantity int, accepted bigint)
    on conflict (id) do update set position = excluded.position, title = excluded.title,
      quantity = excluded.quantity, accepted_minor_units = excluded.accepted_minor_units`
}

interface StoredLine {
  id: string
  sku: string
  title: string
  quantity: number
  accepted: string
}

function toCart(row: Row, lines: readonly StoredLine[]): Cart {
  return {
    ...toStanding(row),
    viewerId: row.viewer_id,
    currencyCode: row.currency_code,
    buyerEmail: row.buyer_email,
    shippingAddress: row.shipping_address,
    billingAddress: row.billing_address,
    shippingChoice: row.shipping_choice && {
      ...row.shipping_choice,
      minorUnits: BigInt(row.shipping_choice.minorUnits),
    },
    discountCodes: row.discount_codes ?? [],
    createdAt: row.created_at,
    lines: lines.map(({ accepted, ...line }) => ({ ...line, acceptedMinorUnits: BigInt(accepted) })),
  }
}

function toStanding(row: Row): CartStanding {
  return { id: row.id, state: toState(row), version: row.version, updatedAt: row.updated_at }
}

function toState({ attempt_id, completed_at, merged_into }: Row): CartState {
  if (completed_at) return { is: 'completed' }
  if (merged_into) return { is: 'merged', into: merged_into }
  return attempt_id ? { is: 'placing', attemptId: attempt_id } : { is: 'open' }
}
