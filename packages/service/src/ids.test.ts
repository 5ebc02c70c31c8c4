import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeId, encodeId, uuidFrom } from './ids.ts'

test('a global id gives back its type and key', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      fc.pre(key.isWellFormed())
      expect(decodeId(encodeId('Product', key))).toEqual({ type: 'Product', key })
    }),
  )
})

test('what is not a global id is null, whatever it is', () => {
  for (const text of ['', 'Product:1', '!!!', 'UHJvZHVjdA']) expect(decodeId(text)).toBeNull()
})

test('an id of another type, or without a UUID, finds nothing', () => {
  const uuid = '01890a5d-ac96-774b-bcce-b302099a8057'
  expect(uuidFrom(encodeId('Product', uuid), 'Product')).toBe(uuid)
  expect(uuidFrom(encodeId('Variant', uuid), 'Product')).toBeNull()
  expect(uuidFrom(encodeId('Product', "' or 1=1"), 'Product')).toBeNull()
})
