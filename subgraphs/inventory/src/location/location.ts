import { event, type NewEvent } from '@commerce/events/contracts.ts'
import { isName, type Refusal, refused } from '../stock/refusal.ts'

/** Degrees, as of WGS 84. */
export interface Position {
  latitude: number
  longitude: number
}

/** A place that keeps stock: the entity of `inventory.location.changed`. */
export interface Location {
  code: string
  name: string
  /** What is not active is empty and takes no units. */
  active: boolean
  /** ISO 3166-1 alpha-2. */
  country: string | null
  region: string | null
  position: Position | null
  version: number
}

/** A location as staff want it. */
export interface NewLocation {
  code: string
  name: string
  country?: string | null
  region?: string | null
  position?: Position | null
}

/** What staff want to be different; what is left out stays, null takes away. */
export interface LocationChange extends Partial<NewLocation> {
  code: string
  active?: boolean | null
  expectedVersion?: number | null
}

/** How many locations there can be: allocation looks at all of those that have what is wanted. */
export const MAX_LOCATIONS = 500

export type LocationCode =
  | 'INVALID_CODE'
  | 'INVALID_NAME'
  | 'INVALID_COUNTRY'
  | 'INVALID_REGION'
  | 'INVALID_POSITION'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'CODE_TAKEN'
  | 'TOO_MANY_LOCATIONS'
  | 'UNKNOWN_LOCATION'
  | 'LOCATION_IN_USE'
  | 'VERSION_CONFLICT'

export type LocationRefusal = Refusal<LocationCode>

/** What is wrong with a wanted location, whatever there is. */
export function refuseLocation({ code, ...rest }: NewLocation): LocationRefusal | null {
  if (!isCode(code)) {
    const message = `A code has 1 to 50 letters, digits, "-" and "_", got ${JSON.stringify(code.slice(0, 100))}.`
    return refused('INVALID_CODE', 'code', message)
  }
  return refuseDetails(rest)
}

/** What is wrong with a wanted change, whatever the location is. */
export function refuseDetails({ name, country, region, position }: Partial<NewLocation>): LocationRefusal | null {
  if (name !== undefined && !(isName(name) && name.trim() === name)) {
    return refused('INVALID_NAME', 'name', 'A name has 1 to 200 printable characters, no white space at either end.')
  }
  if (country != null && !/^[A-Z]{2}$/.test(country)) {
    const message = `A country is written as in ISO 3166-1: two capital letters such as "US", got ${JSON.stringify(country.slice(0, 100))}.`
    return refused('INVALID_COUNTRY', 'country', message)
  }
  if (region != null && !isName(region, 100)) {
    return refused('INVALID_REGION', 'region', 'A region has 1 to 100 printable characters.')
  }
  if (position != null && !isPosition(position)) {
    const message = `A position is a latitude from -90 to 90 and a longitude from -180 to 180, got ${position.latitude}, ${position.longitude}.`
    return refused('INVALID_POSITION', 'position', message)
  }
  return null
}

function isPosition({ latitude, longitude }: Position): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
}

function isCode(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,50}$/.test(text)
}

/** A new location. */
export function create({ code, name, country = null, region = null, position = null }: NewLocation): Location {
  return { code, name, active: true, country, region, position, version: 1 }
}

/** The location after a change, with the next version; null when it would stay as it is. */
export function change(before: Location, wanted: LocationChange): Location | null {
  const { name, active, country, region, position } = wanted
  const after: Location = {
    ...before,
    name: name ?? before.name,
    active: active ?? before.active,
    country: country === undefined ? before.country : country,
    region: region === undefined ? before.region : region,
    position: position === undefined ? before.position : position,
  }
  const isSame =
    after.name === before.name &&
    after.active === before.active &&
    after.country === before.country &&
    after.region === before.region &&
    after.position?.latitude === before.position?.latitude &&
    after.position?.longitude === before.position?.longitude
  return isSame ? null : { ...after, version: before.version + 1 }
}

/** The fact that this is the location now. */
export function locationChanged(location: Location): NewEvent<'inventory.location.changed'> {
  return event('inventory.location.changed', location)
}
