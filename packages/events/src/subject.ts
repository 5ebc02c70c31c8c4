/**
 * A key as one token of a NATS subject, reversibly: letters, digits, `-` and `_` stay, every other byte of its UTF-8 form becomes
 * `=XX` (hex). Real SKUs contain dots, spaces and wildcards, which mean something in a subject.
 */
export function encodeKey(key: string): string {
  if (key === '') return '='
  if (PLAIN.test(key)) return key
  let token = ''
  for (const byte of Buffer.from(key)) token += TOKENS[byte]
  return token
}

const PLAIN = /^[A-Za-z0-9_-]+$/
const TOKENS = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return PLAIN.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/** The key inside a subject token made by `encodeKey`. */
export function decodeKey(token: string): string {
  if (token === '=') return ''
  const bytes: number[] = []
  for (let i = 0; i < token.length; i++) {
    if (token[i] === '=') {
      bytes.push(Number.parseInt(token.slice(i + 1, i + 3), 16))
      i += 2
    } else bytes.push(token.charCodeAt(i))
  }
  return Buffer.from(bytes).toString('utf8')
}

/** The subject of an event: its type and the encoded key of the entity it is about. */
export function subjectOf(type: string, key: string): string {
  return `${type}.${encodeKey(key)}`
}
