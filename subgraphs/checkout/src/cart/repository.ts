import type { Prisma } from '@commerce/prisma/checkout'
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

/** The cart with its lines, or null. */
export async function findCart(db: Tx, id: string): Promise<Cart | null> {
  // One statement, so that the lines are those of the version.
  const [row] = await db.$queryRaw<(Row & { lines: StoredLine[] })[]>`
    select cart.id, viewer_id, currency_code, attempt_id, version, created_at, updated_at, completed_at, merged_into, buyer_email,
      shipping_address, billing_address, shipping_choice, discount_codes, coalesce(
      (select json_agg(json_build_object('id', id, 'sku', sku, 'title', title, 'quantity', quantity,
                                         'accepted', accepted_minor_units::text) order by position)
       from cart_line where cart_id = cart.id), '[]') as lines
    from cart where id = ${id}::uuid`
  return row ? toCart(row, row.lines) : null
}

/** Like `findCart`, and nobody else changes the cart until the transaction ends. */
export async function lockCart(tx: Tx, id: string): Promise<Cart | null> {
  const locked = await tx.$queryRaw<unknown[]>`select 1 from cart where id = ${id}::uuid for update`
  return locked.length === 0 ? null : findCart(tx, id)
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
      shipping_address = ${json(shippingAddress)}::jsonb, billing_address = ${json(billingAddress)}::jsonb,
      shipping_choice = ${json(shippingChoice)}::jsonb, discount_codes = ${[...discountCodes]}::text[],
      viewer_id = coalesce(viewer_id, ${viewerId}), version = version + 1, updated_at = now()
    where id = ${cartId}::uuid`
}

/** The cart's lines went into another cart: it is closed for good, and its version grows by one. It must be locked. */
export async function closeMerged(tx: Tx, cartId: string, into: string): Promise<CartStanding> {
  await tx.$executeRaw`delete from cart_line where cart_id = ${cartId}::uuid`
  const [row] = await tx.$queryRaw<[Row]>`
    update cart set merged_into = ${into}::uuid, currency_code = null, version = version + 1, updated_at = now()
    where id = ${cartId}::uuid
    returning *`
  return toStanding(row)
}

/** From now on only this attempt may place the cart's order, and nobody changes its lines; its version grows by one. The cart must be locked and open. */
export async function startPlacing(tx: Tx, cartId: string, attemptId: string): Promise<CartStanding> {
  const [row] = await tx.$queryRaw<[Row]>`
    update cart set attempt_id = ${attemptId}::uuid, version = version + 1, updated_at = now() where id = ${cartId}::uuid
    returning *`
  return toStanding(row)
}

/** The attempt is over without an order: the cart is open again, and its version grows by one. Null, and nothing grows, when the attempt does not hold it. */
export async function stopPlacing(tx: Tx, cartId: string, attemptId: string): Promise<CartStanding | null> {
  const [row] = await tx.$queryRaw<Row[]>`
    update cart set attempt_id = null, version = version + 1, updated_at = now()
    where id = ${cartId}::uuid and attempt_id = ${attemptId}::uuid and completed_at is null
    returning *`
  return row ? toStanding(row) : null
}

/** The cart's order is placed; null when the attempt does not hold the cart. */
export async function completeCart(tx: Tx, cartId: string, attemptId: string): Promise<CartStanding | null> {
  const [row] = await tx.$queryRaw<Row[]>`
    update cart set completed_at = now(), version = version + 1, updated_at = now()
    where id = ${cartId}::uuid and attempt_id = ${attemptId}::uuid and completed_at is null
    returning *`
  return row ? toStanding(row) : null
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

// JSON has no bigint: amounts are stored as strings.
function json(value: object | null): string | null {
  return value && JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
}

function toState({ attempt_id, completed_at, merged_into }: Row): CartState {
  if (completed_at) return { is: 'completed' }
  if (merged_into) return { is: 'merged', into: merged_into }
  return attempt_id ? { is: 'placing', attemptId: attempt_id } : { is: 'open' }
}
