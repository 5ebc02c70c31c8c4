import pg from 'pg'

/** The SQL statements that this process sends while the work runs, as far as they name one of these tables: for tests of how often a database is asked. */
export async function statementsOf(tables: readonly string[], work: () => Promise<unknown>): Promise<string[]> {
  const named = new RegExp(`\\b(${tables.join('|')})\\b`)
  const seen: string[] = []
  const original = pg.Client.prototype.query
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [asked] = given as [string | { text: string }]
    const text = typeof asked === 'string' ? asked : asked.text
    if (named.test(text)) seen.push(text)
    return Reflect.apply(original, this, given)
  } as typeof original
  try {
    await work()
  } finally {
    pg.Client.prototype.query = original
  }
  return seen
}
