import type { Prisma } from '@commerce/prisma/checkout'
import type { Cart, CartLine, CartStanding, CartState } from './cart.ts'

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
}

/** The cart with its lines, or null. */
export async function findCart(db: Tx, id: string): Promise<Cart | null> {
  // One statement, so that the lines are those of the version.
  const [row] = await db.$queryRaw<(Row & { lines: StoredLine[] })[]>`
    select cart.*, coalesce(
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

type Lines = Pick<Cart, 'lines' | 'currencyCode'>

/** Stores a new cart with its lines, in version 1. */
export async function insertCart(
  tx: Tx,
  { id, viewerId, currencyCode, lines }: Lines & Pick<Cart, 'id' | 'viewerId'>,
): Promise<void> {
  await tx.$executeRaw`
    insert into cart (id, viewer_id, currency_code) values (${id}::uuid, ${viewerId}, ${currencyCode})`
  await writeLines(tx, id, lines)
}

/** Replaces the lines of a cart; its version grows by one. */
export async function saveLines(tx: Tx, cartId: string, { lines, currencyCode }: Lines): Promise<void> {
  await tx.$executeRaw`
    delete from cart_line where cart_id = ${cartId}::uuid and id <> all(${lines.map(({ id }) => id)}::uuid[])`
  await writeLines(tx, cartId, lines)
  await tx.$executeRaw`
    update cart set currency_code = ${currencyCode}, version = version + 1, updated_at = now() where id = ${cartId}::uuid`
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
    createdAt: row.created_at,
    lines: lines.map(({ accepted, ...line }) => ({ ...line, acceptedMinorUnits: BigInt(accepted) })),
  }
}

function toStanding(row: Row): CartStanding {
  return { id: row.id, state: toState(row), version: row.version, updatedAt: row.updated_at }
}

function toState({ attempt_id, completed_at }: Row): CartState {
  if (completed_at) return { is: 'completed' }
  return attempt_id ? { is: 'placing', attemptId: attempt_id } : { is: 'open' }
}
