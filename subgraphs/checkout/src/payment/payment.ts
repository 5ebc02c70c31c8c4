import type { Money } from '@commerce/service/money.ts'
import { createGuard } from '../provider/guard.ts'
import { Unreachable } from '../provider/unreachable.ts'

/** What the shopper has to do before the bank says yes: what the provider's script in the page takes, and the page that asks when there is one. */
export interface ShopperAction {
  clientSecret: string
  redirectUrl: string | null
}

/** What became of a call to a payment provider. */
export type PaymentResult =
  | { is: 'authorized' }
  | { is: 'declined'; message: string }
  /** The shopper has to confirm; `lookup` tells when that has happened. */
  | { is: 'actionRequired'; action: ShopperAction }
  | { is: 'captured' }
  | { is: 'voided' }
  | { is: 'refunded' }
  /** The refund was accepted and is on its way; `lookup` tells when it has arrived or failed. */
  | { is: 'refundPending' }
  /** The provider will not do it, now or later. */
  | { is: 'refused'; message: string }

interface Called {
  /** The same key never does a thing twice. */
  key: string
  authorizationKey: string
}

/** Which call to look for. */
export type PaymentCall = Called & { kind: 'authorize' | 'capture' | 'void' | 'refund' }

/**
 * What checkout needs from whoever moves the money. Every call has a key, and the same key never does a thing twice: it answers as the
 * first time. A call that rejects may or may not have been carried out, unless it rejects with `Unreachable`; `lookup` tells. A call whose
 * `signal` is aborted is no longer waited for.
 */
export interface PaymentProvider {
  /** Sets the amount aside at the shopper's bank. After a `void` of this key, whichever came first, it answers `voided`. */
  authorize(call: { key: string; money: Money; token: string }, signal: AbortSignal): Promise<PaymentResult>
  /** Takes the whole authorized amount. */
  capture(call: Called, signal: AbortSignal): Promise<PaymentResult>
  /** Lets an authorization go, also one that has not arrived yet, waits for the shopper, or was declined. */
  void(call: Called, signal: AbortSignal): Promise<PaymentResult>
  /** Gives a part of what was captured back, or all of it. */
  refund(call: Called & { money: Money }, signal: AbortSignal): Promise<PaymentResult>
  /** What became of a call; null when the provider knows nothing of it, and it may be made (again). */
  lookup(call: PaymentCall, signal: AbortSignal): Promise<PaymentResult | null>
}

/** A provider whose calls cannot hang, nor wear out one that is down: as `PaymentProvider`, and each ends in time. */
export interface Payments {
  authorize(call: { key: string; money: Money; token: string }): Promise<PaymentResult>
  capture(call: Called): Promise<PaymentResult>
  void(call: Called): Promise<PaymentResult>
  refund(call: Called & { money: Money }): Promise<PaymentResult>
  lookup(call: PaymentCall): Promise<PaymentResult | null>
}

/** The provider gave no usable answer: it may or may not have done what was asked. */
export class PaymentUnknown extends Error {
  override name = 'PaymentUnknown'
}

/** Guards each kind of call by itself: authorizations that hang keep no capture waiting. */
export function guarded(provider: PaymentProvider, timeoutMs: number): Payments {
  const guardOf = (kind: string) =>
    createGuard({
      name: `The payment provider (${kind})`,
      timeoutMs,
      blames: (error) => error instanceof PaymentUnknown || error instanceof Unreachable,
    })
  const [authorize, capture, void_, refund, lookup] = ['authorize', 'capture', 'void', 'refund', 'lookup'].map(
    guardOf,
  ) as Tuple<ReturnType<typeof guardOf>>
  return {
    authorize: (call) => authorize((signal) => provider.authorize(call, signal)),
    capture: (call) => capture((signal) => provider.capture(call, signal)),
    void: (call) => void_((signal) => provider.void(call, signal)),
    refund: (call) => refund((signal) => provider.refund(call, signal)),
    lookup: (call) => lookup((signal) => provider.lookup(call, signal)),
  }
}

type Tuple<T> = [T, T, T, T, T]

/**
 * Carries out a payment call whose earlier fate may be unknown: when it may have been made before, or gives no answer, the provider is asked
 * what became of it, and only what it knows nothing of is called (again), with the same key. Rejects when that cannot be found out, and with
 * `Unreachable` when nothing was done.
 */
export async function settle(
  payments: Pick<Payments, 'lookup'>,
  which: PaymentCall,
  call: () => Promise<PaymentResult>,
  { madeBefore }: { madeBefore: boolean },
): Promise<PaymentResult> {
  const known = madeBefore ? await payments.lookup(which) : null
  if (known) return known
  try {
    return await call()
  } catch (error) {
    if (error instanceof Unreachable) throw error
    return (await payments.lookup(which)) ?? (await call())
  }
}

const SUFFIX = ':authorize'

/** What a round of an attempt calls its authorization when it speaks to the provider. */
export function authorizationKeyOf(round: string): string {
  return `${round}${SUFFIX}`
}

/** The round that an authorization belongs to. */
export function roundOf(authorizationKey: string): string {
  return authorizationKey.slice(0, -SUFFIX.length)
}
