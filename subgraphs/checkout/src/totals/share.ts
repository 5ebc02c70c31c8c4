/** To the nearest whole number; a half goes away from zero. The divisor is positive. */
export function divide(dividend: bigint, divisor: bigint): bigint {
  const half = dividend < 0n ? -divisor : divisor
  return (2n * dividend + half) / (2n * divisor)
}

/** A part of an amount in millionths (`ppm` 200_000n is a fifth), to the nearest minor unit. */
export function portion(amount: bigint, ppm: bigint): bigint {
  return divide(amount * ppm, MILLION)
}

export const MILLION = 1_000_000n

/**
 * Shares an amount out in proportion to weights, by the method of the largest remainder: each gets its quota rounded down, and what is left goes, one
 * minor unit each, to those that lost most by that; of equals the lower key first. The shares add up to the amount, none is above its quota rounded up,
 * and neither depends on the order of the weights. Amount and weights are zero or positive; an amount needs a positive weight.
 */
export function shareOut(amount: bigint, weights: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const whole = [...weights.values()].reduce((sum, weight) => sum + weight, 0n)
  if (whole === 0n && amount !== 0n) throw new Error(`There is nobody to share ${amount} among.`)
  const shares = new Map<string, bigint>()
  const lost: { key: string; remainder: bigint }[] = []
  let left = amount
  for (const [key, weight] of weights) {
    const quota = whole === 0n ? 0n : (amount * weight) / whole
    shares.set(key, quota)
    left -= quota
    lost.push({ key, remainder: amount * weight - quota * whole })
  }
  lost.sort((a, b) => (a.remainder === b.remainder ? (a.key < b.key ? -1 : 1) : a.remainder > b.remainder ? -1 : 1))
  for (const { key } of lost.slice(0, Number(left))) shares.set(key, (shares.get(key) ?? 0n) + 1n)
  return shares
}
