import { testDatabase, whenDone } from '@commerce/local/testing.ts'
import pg from 'pg'
import { expect, test } from 'vitest'
import { KEPT_PLANS, statementNames } from './statements.ts'

test('a statement that was planned while its table was small reads no whole table when it has grown', async () => {
  const connectionString = await testDatabase('inventory')
  const nameOf = statementNames()
  const rowsReadInAll = async (options?: string): Promise<number> => {
    const client = new pg.Client({ connectionString, ...(options && { options }) })
    await client.connect()
    whenDone(() => client.end())
    await client.query('drop table if exists grows')
    await client.query('create table grows (id int primary key, at text)')
    await client.query(`insert into grows select n, 'row ' || n from generate_series(1, 10) n`)
    await client.query('vacuum analyze grows')
    const text = 'select at from grows where id = any($1::int[]) order by id for update'
    const ask = async () => (await client.query({ name: nameOf({ sql: text }), text, values: [[7, 500]] })).rows
    for (let n = 0; n < 7; n++) await ask() // PostgreSQL keeps a plan from the sixth time on
    await client.query(`insert into grows select n, 'row ' || n from generate_series(11, 20000) n`)
    expect(await ask()).toEqual([{ at: 'row 7' }, { at: 'row 500' }])
    await client.query('select pg_stat_force_next_flush()')
    const { rows } = await client.query(
      `select seq_tup_read::int as n from pg_stat_user_tables where relname = 'grows'`,
    )
    return rows[0].n
  }
  expect(await rowsReadInAll()).toBeGreaterThanOrEqual(20_000) // or there would be nothing to prevent
  expect(await rowsReadInAll(KEPT_PLANS)).toBeLessThan(200)
})
