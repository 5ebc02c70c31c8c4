// Longer than most: the books of a bank that can fail in every way a real one can, which read as a whole.
import { once } from 'node:events'
import { createGroupCommit } from '@commerce/events/group-commit.ts'
import type { Transact } from '@commerce/events/outbox.ts'
import type { LocalPayment, Prisma } from '@commerce/prisma/checkout'
import { type PaymentProvider, type PaymentResult, PaymentUnknown, type ShopperAction } from './payment.ts'
import { findEntries, findEntry, lockAuthorizations, writeEntries } from './repository.ts'

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

/** An entry of the books, but for when it was made. */
export type Entry = Omit<LocalPayment, 'createdAt'>

/** What comes of a call: what is written down of it, and what its caller learns. */
interface Ruling<R> {
  write: readonly Entry[]
  answer: R
}

/** A call about an authorization, decided by all entries about it. */
interface Call<R = unknown> {
  authorizationKey: string
  decide(entries: readonly LocalPayment[]): Ruling<R>
}

/**
 * A payment provider for development and tests that moves no money: deterministic by token, its books in a table, its transactions its own,
 * as if it were elsewhere. Calls that come at the same time share one.
 */
export function createLocalProvider(
  database: Tx,
  transact: Transact<Tx>,
  { notify, actionUrl }: LocalProviderOptions,
): LocalProvider {
  const enter = createGroupCommit<Tx, Call, unknown>({
    transact,
    async carryOut(tx, members) {
      const keys = members.map(({ input }) => input.authorizationKey)
      await lockAuthorizations(tx, keys) // what is read is what counts until the transaction ends
      const entries = Map.groupBy(await findEntries(tx, keys), ({ authorizationKey }) => authorizationKey)
      // One that throws is refused, and nothing is written of it: that is its answer, not a failure of the others.
      const rulings = members.map(({ input }) => {
        try {
          return input.decide(entries.get(input.authorizationKey) ?? [])
        } catch (error) {
          return { write: [], answer: error }
        }
      })
      await writeEntries(
        tx,
        rulings.flatMap(({ write }) => write),
      )
      return rulings.map(({ answer }) => answer)
    },
    namesOf: ({ authorizationKey }) => [authorizationKey],
  })

  async function call<R>(authorizationKey: string, decide: Call<R>['decide']): Promise<R> {
    const answer = await enter({ authorizationKey, decide })
    if (answer instanceof Error) throw answer
    return answer as R
  }

  return {
    async authorize({ key, money, token }, signal) {
      if (token === TEST_TOKENS.unreachable) throw new PaymentUnknown('The local provider plays dead for this token.')
      if (token === TEST_TOKENS.late && !signal.aborted && !(await findEntry(database, key)))
        await once(signal, 'abort')
      const { result, answered, first } = await call(key, (entries) => {
        const entry = entries.find((one) => one.key === key)
        if (entry && entry.outcome !== 'lost') return noted({ result: resultOf(entry), answered: true, first: false })
        const outcome = decide(token, { voided: settlementIn(entries) !== undefined, again: entry !== undefined })
        const authorization = { key, kind: 'authorize', authorizationKey: key, ...outcome, token, ...money, faults: 0 }
        const answered = outcome.outcome !== 'lost' && token !== TEST_TOKENS.timeoutOnce
        const answer = { result: resultOf(authorization), answered, first: entry === undefined }
        return { write: [authorization], answer }
      })
      if (!answered) throw new PaymentUnknown('The local provider loses this answer on purpose.')
      if (token === TEST_TOKENS.twice && first) for (let n = 0; n < 2; n++) notify(key)
      return result
    },

    async capture({ key, authorizationKey }) {
      const result = await call<PaymentResult | null>(authorizationKey, (entries) => {
        const known = entries.find((one) => one.key === key)
        if (known) return noted(resultOf(known))
        const authorization = entries.find((one) => one.key === authorizationKey)
        if (authorization?.outcome !== 'authorized' || settlementIn(entries)) {
          throw new Error(`${authorizationKey} cannot be captured: it is not an open authorization.`)
        }
        if (authorization.token === TEST_TOKENS.captureLostOnce && authorization.faults === 0) {
          return { write: [{ ...authorization, faults: 1 }], answer: null }
        }
        const refused = authorization.token === TEST_TOKENS.captureRefused
        // A refused capture settles nothing: the authorization can still be let go.
        const kind = refused ? 'refusal' : 'capture'
        const outcome = refused ? REFUSED : { outcome: 'captured', message: null }
        return entered({ ...authorization, key, kind, ...outcome })
      })
      if (!result) throw new PaymentUnknown('The local provider loses this request on purpose.')
      return result
    },

    void({ key, authorizationKey }) {
      return call<PaymentResult>(authorizationKey, (entries) => {
        const known = entries.find((one) => one.key === key)
        if (known) return noted(resultOf(known))
        if (settlementIn(entries)) throw new Error(`${authorizationKey} was captured: too late to void.`)
        const authorization = entries.find((one) => one.key === authorizationKey)
        return entered({
          key,
          kind: 'void',
          authorizationKey,
          outcome: 'voided',
          message: null,
          token: null,
          minorUnits: authorization?.minorUnits ?? 0n,
          currencyCode: authorization?.currencyCode ?? 'XXX',
          faults: 0,
        })
      })
    },

    async refund({ key, authorizationKey, money }) {
      const { result, answered } = await call(authorizationKey, (entries) => {
        const known = entries.find((one) => one.key === key)
        if (known) return noted({ result: resultOf(known), answered: true })
        const capture = settlementIn(entries)
        if (capture?.kind !== 'capture') throw new Error(`${authorizationKey} cannot be refunded: it was not captured.`)
        const refused = money.minorUnits > leftOf(capture, entries) || capture.token === TEST_TOKENS.refundRefused
        const outcome = refused ? REFUSED : { outcome: 'refunded', message: null }
        const refund = { ...capture, key, kind: 'refund', ...outcome, minorUnits: money.minorUnits }
        const answered = refused || capture.token !== TEST_TOKENS.refundTimeoutOnce
        return { write: [refund], answer: { result: resultOf(refund), answered } }
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
      const outcome = await call<PaymentResult['is'] | null>(key, (entries) => {
        const entry = entries.find((one) => one.key === key)
        if (!entry || entry.token !== TEST_TOKENS.action) return noted(null)
        if (settlementIn(entries)) return noted('voided')
        if (entry.outcome !== 'actionRequired') return noted(resultOf(entry).is)
        const decided = { ...entry, ...(approve ? { outcome: 'authorized', message: null } : NOT_CONFIRMED) }
        return { write: [decided], answer: resultOf(decided).is }
      })
      if (outcome) notify(key)
      return outcome
    },
  }

  function entered(entry: Entry): Ruling<PaymentResult> {
    return { write: [entry], answer: resultOf(entry) }
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

/** Nothing is written down: it was before, or there is nothing to write. */
function noted<R>(answer: R): Ruling<R> {
  return { write: [], answer }
}

/** What can still be given back of a capture, in minor units. */
function leftOf({ minorUnits }: LocalPayment, entries: readonly LocalPayment[]): bigint {
  const gone = entries.filter(({ kind, outcome }) => kind === 'refund' && outcome === 'refunded')
  return gone.reduce((left, refund) => left - refund.minorUnits, minorUnits)
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
