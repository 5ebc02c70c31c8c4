import { GraphQLError } from 'graphql'

/**
 * Global ids (Relay's "object identification"): opaque to clients, they carry the type's name so that `node(id)` finds the owner.
 * A global id is base64url of `Type:key`; `decodeId` answers null for anything else.
 */
export function encodeId(type: string, key: string): string {
  return Buffer.from(`${type}:${key}`).toString('base64url')
}

/** The type and key inside a global id, or null when `id` is not one. */
export function decodeId(id: string): { type: string; key: string } | null {
  const text = Buffer.from(id, 'base64url').toString()
  const colon = text.indexOf(':')
  if (colon < 1 || encodeId(text.slice(0, colon), text.slice(colon + 1)) !== id) return null
  return { type: text.slice(0, colon), key: text.slice(colon + 1) }
}

/** The UUID inside a global id of `type`, or null when the id is not one of that type. */
export function uuidFrom(id: string, type: string): string | null {
  const decoded = decodeId(id)
  return decoded?.type === type && UUID.test(decoded.key) ? decoded.key : null
}

/** The key inside a global id of `type`; throws `BAD_USER_INPUT` when `id` is none. `argument` names where it was given. */
export function requireKey(id: string, type: string, argument: string): string {
  const decoded = decodeId(id)
  if (decoded?.type !== type) throw notOf(type, id, argument)
  return decoded.key
}

/** Like `requireKey`, of a type whose keys are UUIDs. */
export function requireUuid(id: string, type: string, argument: string): string {
  const uuid = uuidFrom(id, type)
  if (uuid === null) throw notOf(type, id, argument)
  return uuid
}

function notOf(type: string, id: string, argument: string): GraphQLError {
  const other = decodeId(id)?.type
  const got = JSON.stringify(id.slice(0, 100))
  const expected = `\`${argument}\`: expected an id of type ${type}`
  const message =
    other !== undefined && other !== type && NAME.test(other)
      ? `${expected}, got ${got}, one of type ${other}.`
      : `${expected}, as its field \`id\` gives it; ${got} is none.`
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}

const NAME = /^[_A-Za-z]\w{0,99}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
