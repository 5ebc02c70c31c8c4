import { describe, expect, it } from 'vitest'
import { createGuard, type GuardOptions, ProviderDown } from './guard.ts'

const guard = (more: Partial<GuardOptions> = {}) =>
  createGuard({ provider: 'tax', timeoutMs: 60_000, atOnce: 2, failures: 3, restMs: 60_000, ...more })
const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
const fails = async () => {
  throw new Error('no')
}

describe('a guarded provider', () => {
  it('gets only so many calls at once; as many again wait for their turn, more fail at once', async () => {
    const run = guard()
    const open: (() => void)[] = []
    const call = () => run(() => new Promise<string>((resolve) => open.push(() => resolve('done'))))
    const [first, second, third, fourth] = [call(), call(), call(), call()]
    await expect(call()).rejects.toThrow('The tax provider is asked too much at once.')
    expect(open).toHaveLength(2)
    open[0]?.()
    expect(await first).toBe('done')
    await expect.poll(() => open.length).toBe(3)
    for (const end of open) end()
    await expect.poll(() => open.length).toBe(4)
    open[3]?.()
    expect(await Promise.all([second, third, fourth])).toEqual(['done', 'done', 'done'])
  })

  it('that takes too long has failed, and its call is ended', async () => {
    let ended = false
    const run = guard({ timeoutMs: 5 })
    const call = run((signal) => {
      signal.addEventListener('abort', () => {
        ended = true
      })
      return never(signal)
    })
    await expect(call).rejects.toThrow(ProviderDown)
    expect(ended).toBe(true)
  })

  it('that keeps failing is left alone', async () => {
    const run = guard()
    let asked = 0
    for (const _ of [1, 2, 3, 4, 5]) {
      const call = run(() => {
        asked += 1
        return fails()
      })
      await expect(call).rejects.toThrow(ProviderDown)
    }
    expect(asked).toBe(3)
  })

  it('is tried by one call when its rest is over; the others fail at once', async () => {
    const run = guard({ failures: 1, restMs: 1, atOnce: 9 })
    await expect(run(fails)).rejects.toThrow('no')
    let began = 0
    let finish = (_: string): void => {}
    const ask = () =>
      run(() => {
        began += 1
        return new Promise<string>((resolve) => {
          finish = resolve
        })
      })
    await expect
      .poll(() => {
        ask().catch(() => {})
        return began
      })
      .toBe(1)
    await expect(run(async () => 'too early')).rejects.toThrow('is being tried')
    expect(began).toBe(1)
    finish('back')
    await expect.poll(() => run(async () => 'well').catch(() => null)).toBe('well')
  })
})
