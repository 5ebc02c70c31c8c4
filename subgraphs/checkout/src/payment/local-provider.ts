import type { Transact } from '@commerce/events/outbox.ts'
import type { LocalPayment, Prisma } from '@commerce/prisma/checkout'
import { type PaymentProvider, type PaymentResult, PaymentUnknown } from './payment.ts'
import { countFault, findEntry, findSettlement, lockAuthorization, writeEntry } from './repository.ts'

type Tx = Prisma.TransactionClient

/** What the local provider does with a token; one it does not know is declined. */
export const TEST_TOKENS = {
  /** Authorized, captured. */
  ok: 'tok_ok',
  /** Declined by the bank. */
  decline: 'tok_decline',
  /** Authorized, but the first answer is lost. */
  timeoutOnce: 'tok_timeout_once',
  /** The first request is lost before it arrives. */
  lostOnce: 'tok_lost_once',
  /** Authorization never gets through. */
  unreachable: 'tok_unreachable',
  /** Authorized; the first capture is lost before it arrives. */
  captureLostOnce: 'tok_capture_lost_once',
} as const

/**
 * A payment provider for development and tests that moves no money: deterministic by token, its books in a table, its transactions its own,
 * as if it were elsewhere.
 */
export function createLocalProvider(database: Tx, transact: Transact<Tx>): PaymentProvider {
  return {
    async authorize({ key, money, token }) {
      if (token === TEST_TOKENS.unreachable) throw new PaymentUnknown('The local provider plays dead for this token.')
      const { result, answered } = await transact(async (tx) => {
        await lockAuthorization(tx, key)
        const entry = await findEntry(tx, key)
        if (entry && entry.outcome !== 'lost') return { result: resultOf(entry), answered: true }
        const voided = (await findSettlement(tx, key)) !== null
        const outcome = decide(token, { voided, again: entry !== null })
        await writeEntry(tx, {
          key,
          kind: 'authorize',
          authorizationKey: key,
          ...outcome,
          token,
          minorUnits: money.minorUnits,
          currencyCode: money.currencyCode,
        })
        return {
          result: resultOf(outcome),
          answered: outcome.outcome !== 'lost' && token !== TEST_TOKENS.timeoutOnce,
        }
      })
      if (!answered) throw new PaymentUnknown('The local provider loses this answer on purpose.')
      return result
    },

    async capture({ key, authorizationKey }) {
      const result = await transact(async (tx): Promise<PaymentResult | null> => {
        await lockAuthorization(tx, authorizationKey)
        const known = await findEntry(tx, key)
        if (known) return resultOf(known)
        const authorization = await findEntry(tx, authorizationKey)
        if (authorization?.outcome !== 'authorized' || (await findSettlement(tx, authorizationKey))) {
          throw new Error(`${authorizationKey} cannot be captured: it is not an open authorization.`)
        }
        if (authorization.token === TEST_TOKENS.captureLostOnce && (await countFault(tx, authorizationKey)) === 0) {
          return null
        }
        const { createdAt: _, faults: __, ...copy } = authorization
        await writeEntry(tx, { ...copy, key, kind: 'capture', authorizationKey, outcome: 'captured' })
        return { is: 'captured' }
      })
      if (!result) throw new PaymentUnknown('The local provider loses this request on purpose.')
      return result
    },

    void({ key, authorizationKey }) {
      return transact(async (tx): Promise<PaymentResult> => {
        await lockAuthorization(tx, authorizationKey)
        const known = await findEntry(tx, key)
        if (known) return resultOf(known)
        if (await findSettlement(tx, authorizationKey))
          throw new Error(`${authorizationKey} was captured: too late to void.`)
        const authorization = await findEntry(tx, authorizationKey)
        await writeEntry(tx, {
          key,
          kind: 'void',
          authorizationKey,
          outcome: 'voided',
          message: null,
          token: null,
          minorUnits: authorization?.minorUnits ?? 0n,
          currencyCode: authorization?.currencyCode ?? 'XXX',
        })
        return { is: 'voided' }
      })
    },

    async lookup(key) {
      const entry = await findEntry(database, key)
      return entry && entry.outcome !== 'lost' ? resultOf(entry) : null
    },
  }
}

type Outcome = Pick<LocalPayment, 'outcome' | 'message'>

function decide(token: string, { voided, again }: { voided: boolean; again: boolean }): Outcome {
  if (voided) return { outcome: 'voided', message: null }
  if (token === TEST_TOKENS.lostOnce && !again) return { outcome: 'lost', message: null }
  if (token === TEST_TOKENS.decline) return { outcome: 'declined', message: 'The bank declined the payment.' }
  if ((Object.values(TEST_TOKENS) as string[]).includes(token)) return { outcome: 'authorized', message: null }
  return { outcome: 'declined', message: 'This way to pay is not known.' }
}

function resultOf({ outcome, message }: Outcome): PaymentResult {
  if (outcome === 'declined') return { is: 'declined', message: message ?? 'The payment was declined.' }
  return { is: outcome as 'authorized' | 'captured' | 'voided' }
}
