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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
