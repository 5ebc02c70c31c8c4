/** Something that must never be. */
export interface Violation {
  rule: string
  /** The SKU, order, attempt, key or subject. */
  about: string
  expected: string
  got: string
}

/** The violations of one rule: one for each of `things` of which `holds` is false. */
export function against<T>(
  rule: string,
  things: Iterable<T>,
  holds: (thing: T) => boolean,
  tell: (thing: T) => Omit<Violation, 'rule'>,
): Violation[] {
  return [...things].filter((thing) => !holds(thing)).map((thing) => ({ rule, ...tell(thing) }))
}

/** Sums by key. */
export function sums<T>(things: Iterable<T>, keyOf: (thing: T) => string, amountOf: (thing: T) => number) {
  const sums = new Map<string, number>()
  for (const thing of things) sums.set(keyOf(thing), (sums.get(keyOf(thing)) ?? 0) + amountOf(thing))
  return sums
}
