import { expect, test } from 'vitest'
import { encodeViewer, headers, isGateway, requireScope, viewerFrom } from './viewer.ts'

test('a viewer survives the way from gateway to subgraph', () => {
  const viewer = { id: 'änne', scopes: ['catalog:write'] }
  expect(viewerFrom({ [headers.viewer]: encodeViewer(viewer) })).toEqual(viewer)
  expect(viewerFrom({})).toBeNull()
})

test('only who knows the secret is the gateway', () => {
  expect(isGateway({ [headers.secret]: 'correct-horse' }, 'correct-horse')).toBe(true)
  expect(isGateway({ [headers.secret]: 'correct-hors' }, 'correct-horse')).toBe(false)
  expect(isGateway({}, 'correct-horse')).toBe(false)
})

test('a missing token and a missing scope are told apart', () => {
  expect(() => requireScope(null, 'catalog:write')).toThrow(
    'This needs a token with the scope "catalog:write", and none was sent.',
  )
  expect(() => requireScope({ id: 'a', scopes: ['x'] }, 'catalog:write')).toThrow(
    'This needs the scope "catalog:write"; the token has x.',
  )
})
