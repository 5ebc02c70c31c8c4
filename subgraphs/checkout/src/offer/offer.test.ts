import { describe, expect, it } from 'vitest'
import { newest, titleOf } from './offer.ts'

describe('offers', () => {
  it('keep of several states of an entity the newest, in key order', () => {
    const states = [
      { key: 'b', version: 2 },
      { key: 'a', version: 3 },
      { key: 'b', version: 5 },
      { key: 'a', version: 1 },
    ]
    expect(newest(states, ({ key }) => key)).toEqual([
      { key: 'a', version: 3 },
      { key: 'b', version: 5 },
    ])
  })

  it('are called by their product, and by their variant where that says more', () => {
    expect(titleOf({ productTitle: 'Shirt', variantTitle: 'Shirt' })).toBe('Shirt')
    expect(titleOf({ productTitle: 'Shirt', variantTitle: 'M, blue' })).toBe('Shirt, M, blue')
  })
})
