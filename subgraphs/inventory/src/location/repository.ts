import type { Sql } from '../stock/repository.ts'
import type { Location } from './location.ts'

interface Row {
  code: string
  name: string
  active: boolean
  country: string | null
  region: string | null
  latitude: number | null
  longitude: number | null
  version: number
}

/** The locations with these codes; one that does not exist is left out. */
export async function readLocations(sql: Sql, codes: readonly string[]): Promise<Map<string, Location>> {
  const rows = await sql.$queryRaw<Row[]>`select * from location where code = any(${[...codes]}::text[])`
  return new Map(rows.map((row) => [row.code, locationOf(row)]))
}

/** Up to `limit + 1` locations by code, after or before one of them. */
export async function listLocations(
  sql: Sql,
  { limit, backward, position }: { limit: number; backward: boolean; position: string | null },
): Promise<Location[]> {
  const rows = backward
    ? await sql.$queryRaw<Row[]>`
        select * from location where ${position}::text is null or code collate "C" < ${position}
        order by code collate "C" desc limit ${limit + 1}`
    : await sql.$queryRaw<Row[]>`
        select * from location where ${position}::text is null or code collate "C" > ${position}
        order by code collate "C" limit ${limit + 1}`
  return rows.map(locationOf)
}

/** Makes a location unless there are `max` already; false when its code is taken or there are too many. */
export async function insertLocation(sql: Sql, location: Location, max: number): Promise<'made' | 'taken' | 'full'> {
  const { code, name, country, region, position } = location
  // One after the other, so that they are counted right.
  await sql.$executeRaw`lock table location in share row exclusive mode`
  const [state] = await sql.$queryRaw<{ full: boolean; taken: boolean }[]>`
    select count(*) >= ${max} as full, coalesce(bool_or(code = ${code}), false) as taken from location`
  if (state?.taken) return 'taken'
  if (state?.full) return 'full'
  await sql.$executeRaw`
    insert into location (code, name, country, region, latitude, longitude)
    values (${code}, ${name}, ${country}, ${region}, ${position?.latitude ?? null}, ${position?.longitude ?? null})`
  return 'made'
}

/** Reads a location and keeps everyone else from changing it, and from opening counters at it, until the transaction ends; null when there is none. */
export async function lockLocation(sql: Sql, code: string): Promise<Location | null> {
  const [row] = await sql.$queryRaw<Row[]>`select * from location where code = ${code} for update`
  return row ? locationOf(row) : null
}

/** Writes a location that is locked. */
export async function updateLocation(sql: Sql, location: Location): Promise<void> {
  const { code, name, active, country, region, position, version } = location
  await sql.$executeRaw`
    update location set name = ${name}, active = ${active}, country = ${country}, region = ${region},
      latitude = ${position?.latitude ?? null}, longitude = ${position?.longitude ?? null}, version = ${version}
    where code = ${code}`
}

/** Keeps everyone else from changing any stock that is at a location, or is to arrive there, until the transaction ends. */
export async function lockStocksAt(sql: Sql, code: string): Promise<void> {
  await sql.$executeRaw`
    select from stock where sku in (select sku from stock_level where location = ${code})
    order by sku for update`
}

/** How many SKUs have units at a location, held, owed or to arrive, and one of them. */
export async function usesOf(sql: Sql, code: string): Promise<{ skus: number; example: string | null }> {
  const [uses] = await sql.$queryRaw<{ skus: number; example: string | null }[]>`
    select count(*)::int as skus, min(sku) as example from (
      select sku from stock_level where location = ${code} and (on_hand <> 0 or reserved <> 0)
      union select sku from stock where backorder_location = ${code}
    ) as used`
  return uses ?? { skus: 0, example: null }
}

function locationOf({ latitude, longitude, ...row }: Row): Location {
  return { ...row, position: latitude === null || longitude === null ? null : { latitude, longitude } }
}
