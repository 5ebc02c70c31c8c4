import type { Money } from '@commerce/service/money.ts'

/** What became of a call to a payment provider. */
export type PaymentResult =
  | { is: 'authorized' }
  | { is: 'declined'; message: string }
  | { is: 'captured' }
  | { is: 'voided' }

/**
 * What checkout needs from whoever moves the money. Every call has a key, and the same key never does a thing twice: it answers as the
 * first time. A call that rejects may or may not have been carried out; `lookup` tells.
 */
export interface PaymentProvider {
  /** Sets the amount aside at the shopper's bank. After a `void` of this key, whichever came first, it answers `voided`. */
  authorize(call: { key: string; money: Money; token: string }): Promise<PaymentResult>
  /** Takes the whole authorized amount. */
  capture(call: { key: string; authorizationKey: string }): Promise<PaymentResult>
  /** Lets an authorization go, also one that has not arrived yet or was declined. */
  void(call: { key: string; authorizationKey: string }): Promise<PaymentResult>
  /** What became of the call with this key; null when the provider knows nothing of it. */
  lookup(key: string): Promise<PaymentResult | null>
}

/** The provider gave no answer in time: it may or may not have done what was asked. */
export class PaymentUnknown extends Error {
  override name = 'PaymentUnknown'
}

/** A provider each of whose calls ends within `timeoutMs`, as `PaymentUnknown` if need be. */
export function withinTime(provider: PaymentProvider, timeoutMs: number): PaymentProvider {
  return {
    authorize: (call) => limit(provider.authorize(call)),
    capture: (call) => limit(provider.capture(call)),
    void: (call) => limit(provider.void(call)),
    lookup: (key) => limit(provider.lookup(key)),
  }

  async function limit<T>(call: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new PaymentUnknown(`The payment provider did not answer within ${timeoutMs} ms.`)),
        timeoutMs,
      )
    })
    try {
      return await Promise.race([call, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * Carries out a payment call whose earlier fate may be unknown: when it may have been made before, or gives no answer, the provider is asked
 * what became of it, and only what it knows nothing of is called (again), with the same key. Rejects when that cannot be found out.
 */
export async function settle(
  provider: PaymentProvider,
  key: string,
  call: () => Promise<PaymentResult>,
  { madeBefore }: { madeBefore: boolean },
): Promise<PaymentResult> {
  const known = madeBefore ? await provider.lookup(key) : null
  if (known) return known
  try {
    return await call()
  } catch {
    return (await provider.lookup(key)) ?? (await call())
  }
}
