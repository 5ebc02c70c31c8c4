import { describe, expect, it } from 'vitest'
import { type Address, addressFrom, emailFrom, missingParts } from './address.ts'

const berlin = { name: 'Ann Lee', line1: 'Weg 1', city: 'Berlin', postalCode: '10115', countryCode: 'DE' }
const missing = (input: object) => missingParts(addressFrom({ ...berlin, ...input }) as Address)

describe('an address', () => {
  it('is kept trimmed, with its codes in capitals, and nothing for empty', () => {
    expect(addressFrom({ ...berlin, city: ' Berlin ', countryCode: ' de ', region: 'be', phone: ' ' })).toEqual({
      ...berlin,
      region: 'BE',
      company: null,
      line2: null,
      phone: null,
    })
  })

  it('has a country of ISO 3166 and parts of a decent length, and says all that is wrong at once', () => {
    expect(addressFrom({ ...berlin, countryCode: 'UK', city: 'x'.repeat(201), name: 'nul \0' })).toMatchObject({
      faults: [{ part: 'countryCode' }, { part: 'name' }, { part: 'city' }],
    })
  })

  it('lacks what post needs in its country', () => {
    expect(missing({})).toEqual([])
    expect(missing({ name: null, postalCode: '' })).toEqual(['name', 'postalCode'])
    expect(missing({ countryCode: 'US' })).toEqual(['region'])
    expect(missing({ countryCode: 'HK', postalCode: null })).toEqual([])
  })
})

it('an e-mail address has one @ and a domain', () => {
  expect(emailFrom(' ann@example.com ')).toBe('ann@example.com')
  for (const text of [
    '',
    'ann',
    'ann@',
    'ann@example',
    'a b@example.com',
    `${'x'.repeat(260)}@example.com`,
    'a@@b.c',
  ]) {
    expect(emailFrom(text)).toBeNull()
  }
})
