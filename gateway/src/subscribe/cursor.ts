/** A place in the stream of events: everything up to it has been told. */
export interface Cursor {
  /** The stream, known by its identity. */
  stream: string
  seq: number
}

/** A cursor as clients keep it: they need not understand it. */
export function writeCursor({ stream, seq }: Cursor): string {
  return Buffer.from(`${seq} ${stream}`).toString('base64url')
}

/** Reads what `writeCursor` wrote; null when it is nothing of the kind. */
export function readCursor(text: string): Cursor | null {
  if (text.length > 200) return null
  const match = /^(\d{1,15}) ([\x21-\x7e]{1,100})$/.exec(Buffer.from(text, 'base64url').toString())
  return match ? { seq: Number(match[1]), stream: String(match[2]) } : null
}
