// Long because each step between two states is tried.
import { describe, expect, it } from 'vitest'
import { sumUp } from '../totals/totals.ts'
import {
  type AttemptState,
  actionDeadline,
  advance,
  type Fact,
  type Failure,
  fingerprintOf,
  holdIsSafe,
  restMs,
} from './attempt.ts'

const request = { paymentToken: 'tok_ok', expectedTotal: null }
const lines = [{ lineId: 'line', sku: 'cup', title: 'Cup', quantity: 2, unitMinorUnits: 500n }]
const totals = sumUp('USD', lines)
const holdUntil = '2026-01-01T00:15:00.000Z'
const quoted = { request, round: 'round', lines, totals, holdUntil }
const awaited = {
  action: { clientSecret: 'secret', redirectUrl: null },
  actionUntil: '2026-01-01T00:08:00.000Z',
}
const sold = { orderId: 'order', round: 'round', free: false, lines, reservationId: 'round' }
const declined: Failure = { is: 'declined', message: 'No.' }

const given: Record<AttemptState['at'], AttemptState> = {
  started: { at: 'started', request, round: 'round' },
  quoted: { at: 'quoted', ...quoted },
  held: { at: 'held', ...quoted },
  awaitingAction: { at: 'awaitingAction', ...quoted, ...awaited },
  authorized: { at: 'authorized', ...quoted },
  ordered: {
    at: 'ordered',
    orderId: 'order',
    round: 'round',
    free: false,
    lines,
    reservationId: 'round',
    regain: false,
  },
  reviewing: { at: 'reviewing', ...sold },
  sold: { at: 'sold', ...sold },
  cancelling: { at: 'cancelling', orderId: 'order', round: 'round', free: false, units: { are: 'gone' } },
  done: { at: 'done', orderId: 'order' },
  undoing: { at: 'undoing', failure: declined, round: 'round', payment: true },
  failed: { at: 'failed', failure: declined },
}

describe('an attempt', () => {
  it('goes from the quote over stock, payment and order to the capture', () => {
    const facts: Fact[] = [
      { is: 'quoted', lines, totals, holdUntil },
      { is: 'held' },
      { is: 'authorized' },
      { is: 'ordered', orderId: 'order' },
      { is: 'sold' },
      { is: 'captured' },
    ]
    const states = facts.map(
      (
        (state: AttemptState) => (fact: Fact) =>
          (state = advance(state, fact))
      )(given.started),
    )
    expect(states.map(({ at }) => at)).toEqual(['quoted', 'held', 'authorized', 'ordered', 'sold', 'done'])
    expect(states[3]).toEqual(given.ordered)
  })

  it('that fails before anything was asked of others is over', () => {
    expect(advance(given.started, { is: 'failed', failure: declined })).toEqual({ at: 'failed', failure: declined })
  })

  it('that fails with stock perhaps held gives it back', () => {
    const undoing = { at: 'undoing', failure: declined, round: 'round', payment: false }
    expect(advance(given.quoted, { is: 'failed', failure: declined })).toEqual(undoing)
    const resumed = advance(given.quoted, { is: 'failed', failure: declined, resumed: true })
    expect(resumed).toEqual({ ...undoing, payment: true }) // how far the one before came is not known
  })

  it('that fails with a payment perhaps authorized undoes that too', () => {
    for (const state of [given.held, given.awaitingAction, given.authorized]) {
      expect(advance(state, { is: 'failed', failure: declined })).toEqual(given.undoing)
    }
    expect(advance(given.undoing, { is: 'undone' })).toEqual(given.failed)
  })

  it('whose payment the shopper has to confirm waits for that, and goes on as if nothing had been', () => {
    expect(advance(given.held, { is: 'actionRequired', ...awaited })).toEqual(given.awaitingAction)
    expect(advance(given.awaitingAction, { is: 'stillAwaited' })).toEqual(given.awaitingAction)
    expect(advance(given.awaitingAction, { is: 'authorized' })).toEqual(given.authorized)
  })

  it('gives the shopper its time, but no longer than the units are held', () => {
    const now = new Date('2026-01-01T00:00:00Z')
    expect(actionDeadline({ holdUntil }, 60_000, now)).toBe('2026-01-01T00:01:00.000Z')
    expect(actionDeadline({ holdUntil }, 600_000_000, now)).toBe('2026-01-01T00:10:00.000Z')
  })

  it('cannot fail any more once there is an order', () => {
    for (const state of [given.ordered, given.reviewing, given.sold, given.cancelling, given.done]) {
      expect(() => advance(state, { is: 'failed', failure: declined })).toThrow('cannot fail')
    }
  })

  it('that lost its hold after the order looks for the units under a new reservation, and keeps the payment', () => {
    const lost = advance(given.ordered, { is: 'holdLost', reservationId: 'second' })
    expect(lost).toMatchObject({ at: 'ordered', round: 'round', reservationId: 'second', regain: true })
    expect(advance(lost, { is: 'stillShort', reservationId: 'third' })).toMatchObject({ reservationId: 'third' })
    const found = { ...lost, reservationId: 'second' } as AttemptState
    expect(advance(found, { is: 'sold' })).toEqual({ ...given.sold, reservationId: 'second' })
  })

  it('whose units are gone for good lets the payment go, and is done', () => {
    expect(advance(given.ordered, { is: 'goneForGood' })).toEqual(given.cancelling)
    expect(advance(given.cancelling, { is: 'voided', problem: null })).toEqual(given.done)
  })

  it('whose order is held waits with its capture until it is cleared', () => {
    expect(advance(given.ordered, { is: 'heldBack' })).toEqual(given.reviewing)
    expect(advance(given.reviewing, { is: 'heldBack' })).toEqual(given.reviewing)
    expect(advance(given.reviewing, { is: 'cleared' })).toEqual(given.sold)
  })

  it('whose order is called off gives back what it holds, or what it took', () => {
    const units = { reservationId: 'round', lines: [{ sku: 'cup', quantity: 2 }] }
    const held = advance(given.ordered, { is: 'calledOff' })
    expect(held).toMatchObject({ at: 'cancelling', units: { are: 'held', ...units } })
    const taken = advance(given.reviewing, { is: 'calledOff' })
    expect(taken).toMatchObject({ at: 'cancelling', units: { are: 'sold', ...units } })
  })

  it('of nothing to pay is free', () => {
    const nothing = { ...quoted, totals: { ...totals, total: 0n } }
    const fact: Fact = { is: 'ordered', orderId: 'order' }
    expect(advance({ at: 'authorized', ...nothing }, fact)).toMatchObject({ free: true })
  })

  it('never does a step out of turn', () => {
    const turns: [AttemptState['at'], Fact['is']][] = [
      ['started', 'quoted'],
      ['quoted', 'held'],
      ['held', 'authorized'],
      ['held', 'actionRequired'],
      ['awaitingAction', 'stillAwaited'],
      ['awaitingAction', 'authorized'],
      ['authorized', 'ordered'],
      ['ordered', 'sold'],
      ['ordered', 'holdLost'],
      ['ordered', 'stillShort'],
      ['ordered', 'goneForGood'],
      ['ordered', 'heldBack'],
      ['ordered', 'calledOff'],
      ['reviewing', 'heldBack'],
      ['reviewing', 'cleared'],
      ['reviewing', 'calledOff'],
      ['cancelling', 'voided'],
      ['sold', 'captured'],
      ['sold', 'captureRefused'],
      ['undoing', 'undone'],
    ]
    const facts: Exclude<Fact, { is: 'failed' }>[] = [
      { is: 'quoted', lines, totals, holdUntil },
      { is: 'held' },
      { is: 'actionRequired', ...awaited },
      { is: 'stillAwaited' },
      { is: 'authorized' },
      { is: 'ordered', orderId: 'order' },
      { is: 'holdLost', reservationId: 'other' },
      { is: 'stillShort', reservationId: 'other' },
      { is: 'goneForGood' },
      { is: 'sold' },
      { is: 'heldBack' },
      { is: 'cleared' },
      { is: 'calledOff' },
      { is: 'captured' },
      { is: 'captureRefused', message: 'No.' },
      { is: 'voided', problem: null },
      { is: 'undone' },
    ]
    for (const state of Object.values(given)) {
      for (const fact of facts) {
        const itsTurn = turns.some(([at, is]) => at === state.at && is === fact.is)
        if (itsTurn) expect(advance(state, fact)).toBeDefined()
        else expect(() => advance(state, fact)).toThrow('cannot happen')
      }
    }
  })

  it('commits an order only with the units held for five minutes more', () => {
    expect(holdIsSafe({ holdUntil }, new Date('2026-01-01T00:10:00Z'))).toBe(true)
    expect(holdIsSafe({ holdUntil }, new Date('2026-01-01T00:10:01Z'))).toBe(false)
  })

  it('rests longer each time, at most a minute', () => {
    expect([0, 1, 2, 5, 6, 100].map(restMs)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000])
  })

  it('knows its input again, and any other input as another', () => {
    const usd = { paymentToken: 'tok_ok', expectedTotal: { minorUnits: 1n, currencyCode: 'USD' } }
    const prints = [
      fingerprintOf('a', request),
      fingerprintOf('b', request),
      fingerprintOf('a', { ...request, paymentToken: 'tok_decline' }),
      fingerprintOf('a', usd),
      fingerprintOf('a', { ...usd, expectedTotal: { minorUnits: 1n, currencyCode: 'EUR' } }),
    ]
    expect(new Set(prints).size).toBe(prints.length)
    expect(fingerprintOf('a', { ...usd })).toBe(prints[3])
  })
})
