import { Prisma } from '@commerce/prisma/checkout'
import type { Promotion, PromotionRule } from './promotion.ts'

type Tx = Prisma.TransactionClient

/** At most so many promotions without a code run at a time: every cart is priced with all of them. */
export const MAX_AUTOMATIC = 100

/** What a cart is priced with: the promotions with these codes, whatever their state, and those without a code that have not ended. */
export async function findCandidates(db: Tx, codes: readonly string[], now: Date): Promise<Promotion[]> {
  const rows = await db.promotion.findMany({
    where: { OR: [{ code: { in: [...codes] } }, { code: null, ...notEnded(now) }] },
    orderBy: [{ priority: 'desc' }, { id: 'asc' }],
    take: MAX_AUTOMATIC + codes.length,
  })
  return rows.map(toPromotion)
}

export function countAutomatic(db: Tx, now: Date): Promise<number> {
  return db.promotion.count({ where: { code: null, ...notEnded(now) } })
}

/** How often a customer has used each of these promotions. */
export async function findUsesOf(
  db: Tx,
  customer: string | null,
  promotionIds: readonly string[],
): Promise<Map<string, number>> {
  if (customer === null || promotionIds.length === 0) return new Map()
  const rows = await db.promotionCustomer.findMany({ where: { customer, promotionId: { in: [...promotionIds] } } })
  return new Map(rows.map(({ promotionId, uses }) => [promotionId, uses]))
}

export async function findPromotion(db: Tx, id: string): Promise<Promotion | null> {
  const row = await db.promotion.findUnique({ where: { id } })
  return row && toPromotion(row)
}

export async function findByCode(db: Tx, code: string): Promise<Promotion | null> {
  const row = await db.promotion.findUnique({ where: { code } })
  return row && toPromotion(row)
}

/** Nobody else makes a promotion with this code until the transaction ends. */
export async function lockCode(tx: Tx, code: string): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`promotion ${code}`}, 0))`
}

/** A promotion that nobody else changes, nor uses, until the transaction ends. */
export async function lockPromotion(tx: Tx, id: string): Promise<Promotion | null> {
  await tx.$queryRaw`select 1 from promotion where id = ${id}::uuid for update`
  return findPromotion(tx, id)
}

/** Where a promotion stands in the list. */
export interface PromotionPosition {
  createdAt: Date
  id: string
}

/** Up to `limit + 1` promotions, the newest first; backward those before a position, the nearest first. */
export async function findPromotions(
  db: Tx,
  { limit, backward, position }: { limit: number; backward: boolean; position: PromotionPosition | null },
): Promise<(Promotion & PromotionPosition)[]> {
  const [beyond, direction] = backward ? (['gt', 'asc'] as const) : (['lt', 'desc'] as const)
  const rows = await db.promotion.findMany({
    where: position
      ? {
          OR: [
            { createdAt: { [beyond]: position.createdAt } },
            { createdAt: position.createdAt, id: { [beyond]: position.id } },
          ],
        }
      : {},
    orderBy: [{ createdAt: direction }, { id: direction }],
    take: limit + 1,
  })
  return rows.map((row) => ({ ...toPromotion(row), createdAt: row.createdAt }))
}

/** Stores a new promotion, in version 1. */
export async function insertPromotion(tx: Tx, promotion: Promotion): Promise<void> {
  const { uses: _, version: __, ...data } = promotion
  await tx.promotion.create({ data: { ...data, ...stored(promotion) } })
}

/** Stores a promotion anew, but for its uses; its version grows by one. It must be locked. */
export async function savePromotion(tx: Tx, promotion: Promotion): Promise<void> {
  const { id, uses: _, version: __, ...data } = promotion
  await tx.promotion.update({
    where: { id },
    data: { ...data, ...stored(promotion), version: { increment: 1 }, updatedAt: new Date() },
  })
}

/** Nobody else changes, or uses, these promotions until the transaction ends. */
export async function lockPromotions(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.$queryRaw`select 1 from promotion where id = any(${[...ids]}::uuid[]) order by id for update`
}

/**
 * Takes one use of each promotion for an order: all, or, when one of them has none left, none. Answers whether they were taken. Two orders never
 * take the last one: each waits for the other's transaction, in the order of the keys, and looks again.
 */
export async function takeUses(
  tx: Tx,
  orderId: string,
  customer: string | null,
  promotionIds: readonly string[],
  now: Date,
): Promise<boolean> {
  if (promotionIds.length === 0) return true
  const ids = [...promotionIds]
  await lockPromotions(tx, ids)
  const free = await tx.$queryRaw<{ id: string }[]>`
    select id from promotion
    left join promotion_customer mine on mine.promotion_id = promotion.id and mine.customer = ${customer}
    where id = any(${ids}::uuid[]) and (ends_at is null or ends_at > ${now})
      and (usage_limit is null or promotion.uses < usage_limit)
      and (usage_limit_per_customer is null
           or ${customer}::text is not null and coalesce(mine.uses, 0) < usage_limit_per_customer)`
  if (free.length < ids.length) return false
  await tx.$executeRaw`update promotion set uses = uses + 1 where id = any(${ids}::uuid[])`
  await tx.$executeRaw`
    insert into promotion_use (order_id, promotion_id, customer)
    select ${orderId}::uuid, id, ${customer} from unnest(${ids}::uuid[]) id`
  if (customer !== null) {
    await tx.$executeRaw`
      insert into promotion_customer (promotion_id, customer, uses)
      select id, ${customer}, 1 from unnest(${ids}::uuid[]) id order by id
      on conflict (promotion_id, customer) do update set uses = promotion_customer.uses + 1`
  }
  return true
}

/** Gives the uses of a cancelled order back, once, however often it is called. */
export async function giveBackUses(tx: Tx, orderId: string): Promise<void> {
  await tx.$queryRaw`
    select 1 from promotion where id in (select promotion_id from promotion_use where order_id = ${orderId}::uuid)
    order by id for update`
  await tx.$executeRaw`
    with given as (
      update promotion_use set given_back_at = now() where order_id = ${orderId}::uuid and given_back_at is null
      returning promotion_id, customer
    ), customers as (
      update promotion_customer set uses = promotion_customer.uses - 1 from given
      where promotion_customer.promotion_id = given.promotion_id and promotion_customer.customer = given.customer
    )
    update promotion set uses = promotion.uses - 1 from given where promotion.id = given.promotion_id`
}

function notEnded(now: Date) {
  return { AND: [{ OR: [{ endsAt: null }, { endsAt: { gt: now } }] }] }
}

// JSON has no bigint: amounts are stored as strings.
function stored({ rule, minimum, skus }: Promotion) {
  return {
    skus: [...skus],
    rule: rule.is === 'amount' ? { ...rule, minorUnits: String(rule.minorUnits) } : { ...rule },
    minimum: minimum === null ? Prisma.DbNull : { ...minimum, minorUnits: String(minimum.minorUnits) },
  }
}

type Row = Prisma.PromotionGetPayload<object>

function toPromotion(row: Row): Promotion {
  const rule = row.rule as unknown as PromotionRule
  const minimum = row.minimum as { minorUnits: string; currencyCode: string } | null
  return {
    id: row.id,
    title: row.title,
    code: row.code,
    rule: rule.is === 'amount' ? { ...rule, minorUnits: BigInt(rule.minorUnits) } : rule,
    skus: row.skus,
    minimum: minimum && { ...minimum, minorUnits: BigInt(minimum.minorUnits) },
    startsAt: row.startsAt,
    endsAt: row.endsAt,
    stacking: row.stacking as Promotion['stacking'],
    priority: row.priority,
    usageLimit: row.usageLimit,
    usageLimitPerCustomer: row.usageLimitPerCustomer,
    uses: row.uses,
    version: row.version,
  }
}
