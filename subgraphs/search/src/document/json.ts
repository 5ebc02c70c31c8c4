/** Rows as JSON for `jsonb`, without what Postgres cannot hold: NUL, and halves of surrogate pairs. */
export function jsonForPostgres(rows: readonly object[]): string {
  return JSON.stringify(rows).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1')
}

/** A text as a parameter, without NUL. */
export function textForPostgres(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}
