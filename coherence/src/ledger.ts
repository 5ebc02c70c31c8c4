/** How long after its acknowledgement a change has to be seen through every gateway, whoever made it: the 3 s after which silence counts, and time to notice. */
export const HEARD_WITHIN_MS = 7_000

/** What a reader can be held to: what it was told through its gateway and what is old enough, or all that it bears a token of. */
export type ReaderKind = 'plain' | 'bearing'

/**
 * Something that has versions and is read: a price, the stock of a SKU, a product, or a list, whose versions are the writes that it may not
 * lack. A version is acknowledged when a mutation's answer named it.
 */
export interface Fact {
  name: string
  /** Event subject and version that stand for the highest acknowledged version in a consistency token. */
  token: readonly [subject: string, version: number]
  /** Highest version acknowledged through any gateway, the same at least `HEARD_WITHIN_MS` ago, and through each gateway. */
  any: number
  aged: number
  own: [number, number]
  /** Highest version that plain readers got, by gateway. */
  seen: [number, number]
  /** What it was, by version, as far as it is known. */
  values: Map<number, string>
}

export type GatewayIndex = 0 | 1

/** What is known of the truth: who was told what, when. */
export interface Ledger {
  fact(name: string): Fact
  /** Counts up when a gateway starts anew: what is acknowledged by an earlier run of it is no promise of the next. */
  readonly runs: readonly number[]
  /** A mutation's answer, of a request that was sent to this run of a gateway, said so. */
  acknowledged(
    gateway: GatewayIndex,
    run: number,
    fact: Fact,
    version: number,
    value: string,
    token?: Fact['token'],
  ): void
  /** The version below which nothing may be answered to a request that is sent now. */
  floor(kind: ReaderKind, gateway: GatewayIndex, fact: Fact): number
  /** A gateway was restarted: what it was told before is forgotten. */
  forget(gateway: GatewayIndex): void
}

/** An empty ledger; `now` is in milliseconds. */
export function createLedger(now: () => number = () => performance.now()): Ledger {
  const facts: Fact[] = []
  const runs: [number, number] = [0, 0]
  // Acknowledgements that are too young to hold for everybody, in their order.
  const young: { fact: Fact; version: number; at: number }[] = []
  let head = 0

  function age(): void {
    const until = now() - HEARD_WITHIN_MS
    for (let next = young[head]; next && next.at <= until; next = young[++head]) {
      if (next.version > next.fact.aged) next.fact.aged = next.version
    }
    if (head < 10_000) return
    young.splice(0, head)
    head = 0
  }

  return {
    runs,
    fact(name) {
      const fact: Fact = { name, token: [name, 0], any: 0, aged: 0, own: [0, 0], seen: [0, 0], values: new Map() }
      facts.push(fact)
      return fact
    },
    acknowledged(gateway, run, fact, version, value, token) {
      fact.values.set(version, value)
      if (version > fact.any) {
        fact.any = version
        fact.token = token ?? [fact.name, version]
      }
      if (run === runs[gateway] && version > fact.own[gateway]) fact.own[gateway] = version
      young.push({ fact, version, at: now() })
    },
    floor(kind, gateway, fact) {
      if (kind === 'bearing') return fact.any
      age()
      return Math.max(fact.own[gateway], fact.aged)
    },
    forget(gateway) {
      runs[gateway]++
      for (const fact of facts) fact.own[gateway] = fact.seen[gateway] = 0
    },
  }
}
