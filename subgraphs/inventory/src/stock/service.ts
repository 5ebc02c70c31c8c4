import { createGroupCommit, type Member } from '@commerce/events/group-commit.ts'
import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { fingerprintOf } from '../idempotency/idempotency.ts'
import { claimKeys, keepResults } from '../idempotency/repository.ts'
import {
  type Adjustment,
  adjust,
  type Count,
  count,
  type Decision,
  isName,
  type Refusal,
  refuseAdjustment,
  refuseCount,
  refused,
} from './change.ts'
import { CameIntoBeing, existingLocations, lockStocks, openLevels, post, readStocks, type Sql } from './repository.ts'
import { neverStocked, type Stock, stockChanged } from './stock.ts'

/** What staff get back for a change: the stock after it, or why it was refused. */
export interface ChangeResult {
  stock: Stock | null
  userErrors: Refusal[]
  warnings: string[]
}

export type StockService = ReturnType<typeof createStockService>

/** A change that is possible, whatever the stock is. */
interface Change {
  sku: string
  location: string
  reason?: string
  idempotencyKey: string
  fingerprint: string
  decide(stock: Stock): Decision
}

/**
 * The changes that staff make. Each is done once per idempotency key, however often and at the same time it is asked for; changes of different
 * SKUs that are asked for at the same time share a transaction. `committed` is told
 * of each new stock before whoever changed it.
 */
export function createStockService(
  transact: Transact<Prisma.TransactionClient>,
  committed: (stock: Stock) => void = () => {},
) {
  const carriedOut = createGroupCommit<Prisma.TransactionClient, Change, Outcome>({
    transact,
    carryOut,
    namesOf: ({ sku, idempotencyKey }) => [`sku ${sku}`, `key ${idempotencyKey}`],
  })

  return {
    set: (input: Count & { idempotencyKey: string }) =>
      change('stockSet', input, refuseCount(input), (stock) => count(stock, input)),

    adjust: (input: Adjustment & { idempotencyKey: string }) =>
      change('stockAdjust', input, refuseAdjustment(input), (stock) => adjust(stock, input)),
  }

  async function change(
    name: string,
    input: { sku: string; location: string; reason?: string; idempotencyKey: string },
    refusal: Refusal | null,
    decide: Change['decide'],
  ): Promise<ChangeResult> {
    const { idempotencyKey, ...rest } = input
    if (!isName(idempotencyKey)) return refuse(invalidKey)
    if (refusal) return refuse(refusal)
    const { sku, location, reason } = input
    const wanted = { sku, location, reason, idempotencyKey, fingerprint: fingerprintOf({ name, ...rest }), decide }
    for (let tries = 1; ; tries++) {
      try {
        const { answer, changed } = await carriedOut(wanted)
        if (changed) committed(changed)
        return answer
      } catch (error) {
        // A SKU comes into being once.
        if (!(error instanceof CameIntoBeing) || tries === 2) throw error
      }
    }
  }
}

/** What to answer, and the stock that was made just now. */
interface Outcome {
  answer: ChangeResult
  changed?: Stock
}

async function carryOut(tx: Sql, members: readonly Member<Change>[]): Promise<Outcome[]> {
  const claims = await claimKeys(
    tx,
    members.map(({ input: { idempotencyKey: key, fingerprint } }) => ({ key, fingerprint })),
  )
  const mine = members.filter((_, i) => claims[i]?.mine)
  const done = await write(tx, mine)
  if (mine.length > 0) {
    await keepResults(
      tx,
      mine.map(({ input: { idempotencyKey: key } }, i) => ({ key, result: done[i]?.answer })),
    )
  }
  const results = new Map(mine.map((member, i) => [member, done[i]]))
  return members.map((member, i) => {
    const claim = claims[i]
    if (!claim || claim.mine) return results.get(member) as Outcome
    const isSame = claim.fingerprint === member.input.fingerprint
    return { answer: isSame ? (claim.result as ChangeResult) : refuse(reusedKey) }
  })
}

/** Makes those changes that the stock allows, each of another SKU. */
async function write(tx: Sql, members: readonly Member<Change>[]): Promise<Outcome[]> {
  const skus = members.map(({ input }) => input.sku)
  const before = await readStocks(tx, await lockStocks(tx, skus))
  const isOpen = ({ sku, location }: { sku: string; location: string }) =>
    before.get(sku)?.levels.some(({ location: { code } }) => code === location) ?? false
  const elsewhere = members.flatMap(({ input }) => (isOpen(input) ? [] : [input.location]))
  const locations = await existingLocations(tx, elsewhere)

  const decisions = members.map(({ input }): Decision => {
    const { sku, location, decide } = input
    if (isOpen(input) || locations.has(location)) return decide(before.get(sku) ?? neverStocked(sku))
    return { refusal: unknownLocation(location) }
  })
  const postings = decisions.flatMap((decision, i) => {
    if ('refusal' in decision || !decision.posting) return []
    const { reason, idempotencyKey } = (members[i] as Member<Change>).input
    return [{ ...decision.posting, origin: { kind: decision.kind, reason, idempotencyKey } }]
  })
  const unopened = postings.filter((posting) => !isOpen(posting))
  await openLevels(
    tx,
    unopened.map(({ sku, location }) => ({ sku, location, isNew: !before.has(sku) })),
  )
  const after = new Map((await post(tx, postings)).map((stock) => [stock.sku, stock]))

  return members.map(({ input: { sku }, emit }, i) => {
    const decision = decisions[i] as Decision
    if ('refusal' in decision) return { answer: refuse(decision.refusal) }
    if (!decision.posting) return { answer: { stock: before.get(sku) ?? null, userErrors: [], warnings: [] } }
    const stock = after.get(sku)
    if (!stock) throw new Error(`The stock of "${sku}" is gone.`)
    emit(stockChanged(stock))
    return { answer: { stock, userErrors: [], warnings: before.has(sku) ? [] : [hadNone(sku)] }, changed: stock }
  })
}

function refuse(refusal: Refusal): ChangeResult {
  return { stock: null, userErrors: [refusal], warnings: [] }
}

const invalidKey = refused(
  'INVALID_IDEMPOTENCY_KEY',
  'idempotencyKey',
  'An idempotency key has 1 to 200 printable characters.',
)

const reusedKey = refused(
  'IDEMPOTENCY_KEY_REUSED',
  'idempotencyKey',
  'This idempotency key was used before, for another input.',
)

function unknownLocation(location: string): Refusal {
  return refused('UNKNOWN_LOCATION', 'location', `There is no location "${location}".`)
}

function hadNone(sku: string): string {
  return `"${sku}" had no stock before: make sure that it is spelled as in the catalog.`
}
