// Longer than most: the books of a bank that can fail in every way a real one can, which read as a whole.
import { once } from 'node:events'
import type { Transact } from '@commerce/events/outbox.ts'
import type { LocalPayment, Prisma } from '@commerce/prisma/checkout'
import { type PaymentProvider, type PaymentResult, PaymentUnknown, type ShopperAction } from './payment.ts'
import {
  countFault,
  findEntries,
  findEntry,
  lockAuthorization,
  rewriteEntry,
  sumRefunded,
  writeEntry,
} from './repository.ts'

type Tx = Prisma.TransactionClient

/** What the local provider does with a token; one it does not know is declined. */
export const TEST_TOKENS = {
  /** Authorized, captured. */
  ok: 'tok_ok',
  /** Declined by the bank. */
  decline: 'tok_decline',
  /** The shopper has to confirm first. */
  action: 'tok_action',
  /** Authorized, but the first answer is lost. */
  timeoutOnce: 'tok_timeout_once',
  /** Authorized, but only after whoever asked has stopped waiting. */
  late: 'tok_late',
  /** Authorized, and told of twice more, as notifications may be. */
  twice: 'tok_twice',
  /** The first request is lost before it arrives. */
  lostOnce: 'tok_lost_once',
  /** Authorization never gets through. */
  unreachable: 'tok_unreachable',
  /** Authorized; the first capture is lost before it arrives. */
  captureLostOnce: 'tok_capture_lost_once',
  /** Authorized; the capture is refused, as when an authorization has run out. */
  captureRefused: 'tok_capture_refused',
  /** Captured; the first answer to each refund is lost. */
  refundTimeoutOnce: 'tok_refund_timeout_once',
  /** Captured; refunds are refused. */
  refundRefused: 'tok_refund_refused',
} as const

export interface LocalProviderOptions {
  /** Told when something happened to an authorization that nobody may be waiting for: what a real provider's webhook is. */
  notify(authorizationKey: string): void
  /** Where the shopper confirms: the address of the page, the secret goes behind it; null as long as there is none. */
  actionUrl(): string | null
}

export interface LocalProvider extends PaymentProvider {
  /** The shopper confirms or refuses; answers where the authorization then stands, or null when the secret is none. */
  complete(clientSecret: string, approve: boolean): Promise<PaymentResult['is'] | null>
}

const SECRET_PREFIX = 'local_'

/**
 * A payment provider for development and tests that moves no money: deterministic by token, its books in a table, its transactions its own,
 * as if it were elsewhere.
 */
export function createLocalProvider(
  database: Tx,
  transact: Transact<Tx>,
  { notify, actionUrl }: LocalProviderOptions,
): LocalProvider {
  return {
    async authorize({ key, money, token }, signal) {
      if (token === TEST_TOKENS.unreachable) throw new PaymentUnknown('The local provider plays dead for this token.')
      if (token === TEST_TOKENS.late && !signal.aborted && !(await findEntry(database, key)))
        await once(signal, 'abort')
      const { result, answered, first } = await transact(async (tx) => {
        const entries = await lockedEntries(tx, key)
        const entry = entries.find((one) => one.key === key)
        if (entry && entry.outcome !== 'lost') return { result: resultOf(entry), answered: true, first: false }
        const outcome = decide(token, { voided: settlementIn(entries) !== undefined, again: entry !== undefined })
        const { minorUnits, currencyCode } = money
        const write = entry ? rewriteEntry : writeEntry
        await write(tx, {
          key,
          kind: 'authorize',
          authorizationKey: key,
          ...outcome,
          token,
          minorUnits,
          currencyCode,
        })
        const answered = outcome.outcome !== 'lost' && token !== TEST_TOKENS.timeoutOnce
        return { result: resultOf({ key, ...outcome }), answered, first: entry === undefined }
      })
      if (!answered) throw new PaymentUnknown('The local provider loses this answer on purpose.')
      if (token === TEST_TOKENS.twice && first) for (let n = 0; n < 2; n++) notify(key)
      return result
    },

    async capture({ key, authorizationKey }) {
      const result = await transact(async (tx): Promise<PaymentResult | null> => {
        const entries = await lockedEntries(tx, authorizationKey)
        const known = entries.find((one) => one.key === key)
        if (known) return resultOf(known)
        const authorization = entries.find((one) => one.key === authorizationKey)
        if (authorization?.outcome !== 'authorized' || settlementIn(entries)) {
          throw new Error(`${authorizationKey} cannot be captured: it is not an open authorization.`)
        }
        if (authorization.token === TEST_TOKENS.captureLostOnce && (await countFault(tx, authorizationKey)) === 0) {
          return null
        }
        const refused = authorization.token === TEST_TOKENS.captureRefused
        const outcome = refused ? REFUSED : { outcome: 'captured', message: null }
        await writeEntry(tx, {
          ...copyOf(authorization),
          key,
          // A refused capture settles nothing: the authorization can still be let go.
          kind: refused ? 'refusal' : 'capture',
          authorizationKey,
          ...outcome,
        })
        return resultOf({ key, ...outcome })
      })
      if (!result) throw new PaymentUnknown('The local provider loses this request on purpose.')
      return result
    },

    void({ key, authorizationKey }) {
      return transact(async (tx): Promise<PaymentResult> => {
        const entries = await lockedEntries(tx, authorizationKey)
        const known = entries.find((one) => one.key === key)
        if (known) return resultOf(known)
        if (settlementIn(entries)) throw new Error(`${authorizationKey} was captured: too late to void.`)
        const authorization = entries.find((one) => one.key === authorizationKey)
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

    async refund({ key, authorizationKey, money }) {
      const { result, answered } = await transact(async (tx) => {
        const entries = await lockedEntries(tx, authorizationKey)
        const known = entries.find((one) => one.key === key)
        if (known) return { result: resultOf(known), answered: true }
        const capture = settlementIn(entries)
        if (capture?.kind !== 'capture') throw new Error(`${authorizationKey} cannot be refunded: it was not captured.`)
        const left = capture.minorUnits - (await sumRefunded(tx, authorizationKey))
        const refused = money.minorUnits > left || capture.token === TEST_TOKENS.refundRefused
        const outcome = refused ? REFUSED : { outcome: 'refunded', message: null }
        await writeEntry(tx, {
          ...copyOf(capture),
          key,
          kind: 'refund',
          authorizationKey,
          ...outcome,
          minorUnits: money.minorUnits,
        })
        return {
          result: resultOf({ key, ...outcome }),
          answered: refused || capture.token !== TEST_TOKENS.refundTimeoutOnce,
        }
      })
      if (!answered) throw new PaymentUnknown('The local provider loses this answer on purpose.')
      return result
    },

    async lookup({ key }) {
      const entry = await findEntry(database, key)
      return entry && entry.outcome !== 'lost' ? resultOf(entry) : null
    },

    async complete(clientSecret, approve) {
      const key = clientSecret.startsWith(SECRET_PREFIX) ? clientSecret.slice(SECRET_PREFIX.length) : ''
      const outcome = await transact(async (tx) => {
        const entries = await lockedEntries(tx, key)
        const entry = entries.find((one) => one.key === key)
        if (!entry || entry.token !== TEST_TOKENS.action) return null
        if (settlementIn(entries)) return 'voided'
        if (entry.outcome !== 'actionRequired') return resultOf(entry).is
        const decided = approve ? { outcome: 'authorized', message: null } : NOT_CONFIRMED
        await rewriteEntry(tx, { ...copyOf(entry), ...decided })
        return resultOf({ key, ...decided }).is
      })
      if (outcome) notify(key)
      return outcome
    },
  }

  function resultOf({ key, outcome, message }: Outcome & { key: string }): PaymentResult {
    if (outcome === 'declined') return { is: 'declined', message: message ?? 'The payment was declined.' }
    if (outcome === 'refused') return { is: 'refused', message: message ?? 'The provider refused.' }
    if (outcome === 'actionRequired') return { is: 'actionRequired', action: actionOf(key) }
    return { is: outcome as 'authorized' | 'captured' | 'voided' | 'refunded' }
  }

  function actionOf(key: string): ShopperAction {
    const clientSecret = `${SECRET_PREFIX}${key}`
    const url = actionUrl()
    return { clientSecret, redirectUrl: url && `${url}?secret=${encodeURIComponent(clientSecret)}` }
  }
}

// What is read is what counts until the transaction ends.
async function lockedEntries(tx: Tx, authorizationKey: string): Promise<LocalPayment[]> {
  await lockAuthorization(tx, authorizationKey)
  return findEntries(tx, authorizationKey)
}

/** The entry that ended an authorization, its capture or its void. */
function settlementIn(entries: readonly LocalPayment[]): LocalPayment | undefined {
  return entries.find(({ kind }) => kind === 'capture' || kind === 'void')
}

type Outcome = Pick<LocalPayment, 'outcome' | 'message'>

const REFUSED: Outcome = { outcome: 'refused', message: 'The bank refuses this.' }
const NOT_CONFIRMED: Outcome = { outcome: 'declined', message: 'The payment was not confirmed.' }

function decide(token: string, { voided, again }: { voided: boolean; again: boolean }): Outcome {
  if (voided) return { outcome: 'voided', message: null }
  if (token === TEST_TOKENS.lostOnce && !again) return { outcome: 'lost', message: null }
  if (token === TEST_TOKENS.decline) return { outcome: 'declined', message: 'The bank declined the payment.' }
  if (token === TEST_TOKENS.action) return { outcome: 'actionRequired', message: null }
  if ((Object.values(TEST_TOKENS) as string[]).includes(token)) return { outcome: 'authorized', message: null }
  return { outcome: 'declined', message: 'This way to pay is not known.' }
}

function copyOf({ createdAt: _, faults: __, ...entry }: LocalPayment) {
  return entry
}
