import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { exactFingerprintOf } from '../idempotency/idempotency.ts'
import { once } from '../idempotency/once.ts'
import { factsOf, type StockChange } from '../stock/facts.ts'
import { unlessOvertaken } from '../stock/overtaken.ts'
import { invalidKey, isName, reusedKey } from '../stock/refusal.ts'
import { existingLocations, lockStocks, openLevels, readStocks, type Sql } from '../stock/repository.ts'
import { availableOf, DENY, levelAt, neverStocked, type Stock, type StockPolicy } from '../stock/stock.ts'
import { decidePolicy, isSamePolicy, type PolicyChange, type PolicyRefusal, refusePolicy } from './policy.ts'
import { lockReleased, writePolicy } from './repository.ts'

/** What staff get back: the stock after it, or why it was refused. */
export interface PolicyResult {
  stock: Stock | null
  userErrors: PolicyRefusal[]
  warnings: string[]
}

/** How many pre-orders one transaction ends. */
export const RELEASE_BATCH = 100

export type PolicyService = ReturnType<typeof createPolicyService>

/** What may be promised beyond what is on hand. `committed` is told of each new stock before whoever changed it. */
export function createPolicyService(
  transact: Transact<Prisma.TransactionClient>,
  { now, committed = () => {} }: { now(): Date; committed?(stock: Stock): void },
) {
  return {
    /** Sets the policy of a SKU, once per idempotency key; one that never had stock gets it, with none. */
    async set({ idempotencyKey, ...input }: PolicyChange & { idempotencyKey: string }): Promise<PolicyResult> {
      if (!isName(idempotencyKey)) return refuse(invalidKey)
      const fingerprint = exactFingerprintOf('stockPolicySet', input)
      return unlessOvertaken(async () => {
        let changed: Stock | undefined
        const outcome = await transact((tx, emit) =>
          once(tx, { key: idempotencyKey, fingerprint }, async () => {
            // Asked for again after a release date has passed, it is still answered as before.
            const refusal = refusePolicy(input, now())
            if (refusal) return refuse(refusal)
            const { result, change } = await setPolicy(tx, input)
            if (change) for (const fact of factsOf(change)) emit(fact)
            changed = change?.stock
            return result
          }),
        )
        if (changed) committed(changed)
        return 'done' in outcome ? outcome.done : refuse(reusedKey)
      })
    },

    /** Ends the pre-orders whose release date has come; answers how many it were, at most `RELEASE_BATCH`. */
    async release(): Promise<number> {
      const stocks = await transact(async (tx, emit) => {
        const skus = await lockReleased(tx, RELEASE_BATCH)
        const before = await readStocks(tx, skus)
        const released: Stock[] = []
        for (const stock of before.values()) {
          const policy = { ...DENY, restockAt: stock.policy.restockAt }
          const change = await write(tx, stock, policy, stock.lowStockThreshold)
          for (const fact of factsOf(change)) emit(fact)
          released.push(change.stock)
        }
        return released
      })
      stocks.forEach(committed)
      return stocks.length
    },
  }
}

async function setPolicy(tx: Sql, wanted: PolicyChange): Promise<{ result: PolicyResult; change?: StockChange }> {
  const { sku, location: code } = wanted
  const known = (await readStocks(tx, await lockStocks(tx, [sku]))).get(sku)
  const before = known ?? neverStocked(sku)
  const decision = decidePolicy(before, wanted, (await existingLocations(tx, [code])).get(code))
  if ('refusal' in decision) return { result: refuse(decision.refusal) }
  const { policy, lowStockThreshold } = decision
  if (known && isSamePolicy(known, policy, lowStockThreshold)) {
    return { result: { stock: known, userErrors: [], warnings: [] } }
  }
  // What is promised is held somewhere.
  const location = policy.location ?? (known ? null : code)
  if (location !== null && !levelAt(before, location).known) {
    await openLevels(tx, [{ sku, location, isNew: !known }])
  }
  const change = await write(tx, before, policy, lowStockThreshold)
  const warnings = known ? [] : [`"${sku}" had no stock before: make sure that it is spelled as in the catalog.`]
  return { result: { stock: change.stock, userErrors: [], warnings }, change }
}

async function write(
  tx: Sql,
  before: Stock,
  policy: StockPolicy,
  lowStockThreshold: number | null,
): Promise<StockChange> {
  await writePolicy(tx, { sku: before.sku, policy, lowStockThreshold })
  const stock = (await readStocks(tx, [before.sku])).get(before.sku)
  if (!stock) throw new Error(`The stock of "${before.sku}" is gone.`)
  return { stock, before: { available: availableOf(before), lowStockThreshold: before.lowStockThreshold } }
}

function refuse(refusal: PolicyRefusal): PolicyResult {
  return { stock: null, userErrors: [refusal], warnings: [] }
}
