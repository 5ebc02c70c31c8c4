import { describe, expect, it, vi } from 'vitest'
import { createGuard, NoAnswer } from './guard.ts'
import { LeftAlone, Unreachable } from './unreachable.ts'

const broken = async (): Promise<never> => {
  throw new Error('broken')
}
const well = async () => 'well'

/** Runs with a clock that moves only when told. */
async function withClock(work: () => Promise<void>): Promise<void> {
  vi.useFakeTimers()
  try {
    await work()
  } finally {
    vi.useRealTimers()
  }
}

describe('a guarded call', () => {
  it('answers what the call answers, and fails as it fails', async () => {
    const guard = createGuard({ name: 'It', timeoutMs: 1_000 })
    expect(await guard(well)).toBe('well')
    await expect(guard(broken)).rejects.toThrow('broken')
  })

  it('ends when its time is up, with an outcome that is not known, and is told to stop', () =>
    withClock(async () => {
      const guard = createGuard({ name: 'It', timeoutMs: 1_000 })
      let told: AbortSignal | undefined
      const late = guard((signal) => {
        told = signal
        return new Promise<never>(() => {})
      })
      const rejected = expect(late).rejects.toThrow(new NoAnswer('It did not answer within 1000 ms.'))
      await vi.advanceTimersByTimeAsync(1_000)
      await rejected
      expect(told?.aborted).toBe(true)
    }))

  it('is refused at once after failures in a row, and let through again when one that tries succeeds', () =>
    withClock(async () => {
      const guard = createGuard({ name: 'It', timeoutMs: 1_000, failures: 3, restMs: 500 })
      for (let n = 0; n < 3; n++) await expect(guard(broken)).rejects.toThrow('broken')
      await expect(guard(well)).rejects.toThrow(LeftAlone)
      await vi.advanceTimersByTimeAsync(2_000)
      const { promise, resolve } = Promise.withResolvers<string>()
      const trial = guard(() => promise)
      await expect(guard(well)).rejects.toThrow('being tried again')
      resolve('back')
      expect(await trial).toBe('back')
      expect(await guard(well)).toBe('well')
    }))

  it('that tries and fails keeps the circuit open, whoever is to blame', () =>
    withClock(async () => {
      const guard = createGuard({ name: 'It', timeoutMs: 1_000, failures: 1, restMs: 500, blames: () => guilty })
      let guilty = true
      await expect(guard(broken)).rejects.toThrow('broken')
      await vi.advanceTimersByTimeAsync(2_000)
      guilty = false
      await expect(guard(broken)).rejects.toThrow('broken')
      await expect(guard(well)).rejects.toThrow(Unreachable)
    }))

  it('whose failure is not the provider’s fault leaves the circuit closed', async () => {
    const guard = createGuard({ name: 'It', timeoutMs: 1_000, failures: 1, blames: () => false })
    for (let n = 0; n < 3; n++) await expect(guard(broken)).rejects.toThrow('broken')
  })

  it('is refused, not queued, beyond so many at once', async () => {
    const guard = createGuard({ name: 'It', timeoutMs: 1_000, atOnce: 2 })
    const { promise, resolve } = Promise.withResolvers<string>()
    const two = [guard(() => promise), guard(() => promise)]
    const oneMore = await guard(well).catch((error: unknown) => error)
    expect(oneMore).toMatchObject({ name: 'Unreachable', message: expect.stringContaining('It has 2 calls under way') })
    resolve('done')
    expect(await Promise.all(two)).toEqual(['done', 'done'])
    expect(await guard(well)).toBe('well')
  })
})
