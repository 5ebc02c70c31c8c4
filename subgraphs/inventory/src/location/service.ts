import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/inventory'
import { exactFingerprintOf } from '../idempotency/idempotency.ts'
import { once } from '../idempotency/once.ts'
import { invalidKey, isName, refused, reusedKey } from '../stock/refusal.ts'
import {
  change,
  create,
  type Location,
  type LocationChange,
  type LocationRefusal,
  locationChanged,
  MAX_LOCATIONS,
  type NewLocation,
  refuseDetails,
  refuseLocation,
} from './location.ts'
import { insertLocation, lockLocation, lockStocksAt, updateLocation, usesOf } from './repository.ts'

/** What staff get back: the location after it, or why it was refused. */
export interface LocationResult {
  location: Location | null
  userErrors: LocationRefusal[]
  warnings: string[]
}

// A busy location has many SKUs, and closing it looks at all of them.
const CLOSING_LIMIT_MS = 60_000

export type LocationService = ReturnType<typeof createLocationService>

/** The places that keep stock, as staff make and change them; each change once per idempotency key. */
export function createLocationService(transact: Transact<Prisma.TransactionClient>) {
  return {
    create: ({ idempotencyKey, ...input }: NewLocation & { idempotencyKey: string }) =>
      keyed('locationCreate', input, idempotencyKey, refuseLocation(input), async (tx, emit) => {
        const location = create(input)
        const outcome = await insertLocation(tx, location, MAX_LOCATIONS)
        if (outcome === 'taken') return refuse(codeTaken(input.code))
        if (outcome === 'full') return refuse(tooMany)
        emit(locationChanged(location))
        return done(location)
      }),

    update: ({ idempotencyKey, ...input }: LocationChange & { idempotencyKey: string }) =>
      keyed('locationUpdate', input, idempotencyKey, refuseDetails(input), async (tx, emit) => {
        if (!isName(input.code)) return refuse(unknown(input.code))
        // Stocks first, as everyone locks them; one that comes here after that waits for the location.
        if (input.active === false) await lockStocksAt(tx, input.code)
        const before = await lockLocation(tx, input.code)
        if (!before) return refuse(unknown(input.code))
        if (input.expectedVersion != null && input.expectedVersion !== before.version) {
          const message = `The location "${before.code}" has version ${before.version}, not ${input.expectedVersion}.`
          return refuse(refused('VERSION_CONFLICT', 'expectedVersion', message))
        }
        const after = change(before, input)
        if (!after) return done(before)
        if (before.active && !after.active) {
          const { skus, example } = await usesOf(tx, before.code)
          if (skus > 0) return refuse(inUse(before.code, skus, example ?? ''))
        }
        await updateLocation(tx, after)
        emit(locationChanged(after))
        return done(after)
      }),
  }

  async function keyed(
    name: string,
    input: object,
    idempotencyKey: string,
    refusal: LocationRefusal | null,
    work: (...given: Parameters<Parameters<typeof transact>[0]>) => Promise<LocationResult>,
  ): Promise<LocationResult> {
    if (!isName(idempotencyKey)) return refuse(invalidKey)
    if (refusal) return refuse(refusal)
    const fingerprint = exactFingerprintOf(name, input)
    const outcome = await transact((tx, emit) => once(tx, { key: idempotencyKey, fingerprint }, () => work(tx, emit)), {
      timeoutMs: CLOSING_LIMIT_MS,
    })
    return 'done' in outcome ? outcome.done : refuse(reusedKey)
  }
}

function done(location: Location): LocationResult {
  return { location, userErrors: [], warnings: [] }
}

function refuse(refusal: LocationRefusal): LocationResult {
  return { location: null, userErrors: [refusal], warnings: [] }
}

const tooMany = refused('TOO_MANY_LOCATIONS', 'code', `There are ${MAX_LOCATIONS} locations, the most there can be.`)

function codeTaken(code: string): LocationRefusal {
  return refused('CODE_TAKEN', 'code', `There is a location "${code}" already.`)
}

function unknown(code: string): LocationRefusal {
  return refused('UNKNOWN_LOCATION', 'code', `There is no location "${code.slice(0, 200)}".`)
}

function inUse(code: string, skus: number, example: string): LocationRefusal {
  const message = `The location "${code}" has units, holds or expected arrivals of ${skus} SKUs, "${example}" is one: transfer, release or redirect them first.`
  return refused('LOCATION_IN_USE', 'active', message)
}
