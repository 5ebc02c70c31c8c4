import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeId, encodeId, requireKey, requireUuid, uuidFrom } from './ids.ts'

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

test('what is required is named when something else is given', () => {
  const uuid = '01890a5d-ac96-774b-bcce-b302099a8057'
  const variant = encodeId('Variant', uuid)
  const refused = (message: string) => expect.objectContaining({ message, extensions: { code: 'BAD_USER_INPUT' } })
  expect([requireKey(variant, 'Variant', 'id'), requireUuid(variant, 'Variant', 'id')]).toEqual([uuid, uuid])
  for (const required of [requireKey, requireUuid]) {
    expect(() => required(variant, 'Product', 'ids')).toThrow(
      refused(`\`ids\`: expected an id of type Product, got "${variant}", one of type Variant.`),
    )
    expect(() => required('x"y', 'Product', 'ids')).toThrow(
      refused('`ids`: expected an id of type Product, as its field `id` gives it; "x\\"y" is none.'),
    )
  }
  const named = encodeId('Product', 'one')
  expect(requireKey(named, 'Product', 'ids')).toBe('one')
  expect(() => requireUuid(named, 'Product', 'ids')).toThrow(
    refused(`\`ids\`: expected an id of type Product, as its field \`id\` gives it; "${named}" is none.`),
  )
})
