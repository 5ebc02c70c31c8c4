import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@commerce/local/postgres.ts'
import pg from 'pg'
import { wordsIn } from '../judged/texts.ts'
import { type Counts, flat, type Open } from './contestant.ts'

const BATCH = 5_000
const LEAST_DISTINCT = 2

/** PostgreSQL's own full text search: any of the words, the last one a prefix, fields weighted from title down to description; it knows no typos. */
export const openPostgres: Open = async ({ documents }) => {
  const folder = await mkdtemp(join(tmpdir(), 'relevance-'))
  await chmod(folder, 0o711) // PostgreSQL runs as another user when we are root
  const server = await startPostgres({ folder, password: 'peer', durable: false })
  const client = new pg.Client(server.url('postgres'))
  client.on('error', () => {}) // the next query tells
  await client.connect()
  const close = async () => {
    await client.end().catch(() => {})
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await client.query('create table product (id text, brand text, leaf text, words tsvector)')
    for (let from = 0; from < documents.length; from += BATCH) {
      // Cut into words as queries are: its own parser takes the hyphen of "tv-55" for a sign.
      const rows = documents.slice(from, from + BATCH).map((document) => {
        const { id, brand, leaf, ...texts } = flat(document)
        const [title, sku, category, attributes, description] = (
          [texts.title, texts.sku, `${brand} ${texts.category}`, texts.attributes, texts.description] as const
        ).map((text) => wordsIn(text).join(' '))
        return { id, brand, leaf, title, sku, category, attributes, description }
      })
      await client.query(
        `insert into product select id, brand, leaf,
           setweight(to_tsvector('english', title || ' ' || sku), 'A') || setweight(to_tsvector('english', category), 'B')
           || setweight(to_tsvector('english', attributes), 'C') || setweight(to_tsvector('english', description), 'D')
         from json_to_recordset($1) as row
           (id text, title text, sku text, brand text, category text, attributes text, description text, leaf text)`,
        [JSON.stringify(rows)],
      )
    }
    await client.query('create index on product using gin (words)')
    await client.query('vacuum analyze product')
  } catch (error) {
    await close()
    throw error
  }
  const { rows } = await client.query(`select pg_total_relation_size('product')::float8 as bytes`)
  const bytes: number = rows[0].bytes

  const expressionOf = (query: string) => {
    const words = wordsIn(query)
    return words
      .map((word, n) => `'${word}'${n === words.length - 1 && word.length >= LEAST_DISTINCT ? ':*' : ''}`)
      .join(' | ')
  }
  const find = async (query: string, limit: number): Promise<string[]> => {
    const found = await client.query({
      name: 'find',
      text: `select id from product, to_tsquery('english', $1) as asked
             where words @@ asked order by ts_rank(words, asked) desc, id limit $2`,
      values: [expressionOf(query), limit],
    })
    return found.rows.map(({ id }) => id)
  }
  const counted = async (column: 'brand' | 'leaf', query: string): Promise<Counts> => {
    const found = await client.query({
      name: column,
      text: `select ${column} as value, count(*)::int as count from product
             where words @@ to_tsquery('english', $1) and ${column} <> '' group by 1`,
      values: [expressionOf(query)],
    })
    return Object.fromEntries(found.rows.map(({ value, count }) => [value, count]))
  }
  return {
    find,
    async page(query, limit) {
      const ids = await find(query, limit)
      const total = await client.query({
        name: 'total',
        text: `select count(*)::int as count from product where words @@ to_tsquery('english', $1)`,
        values: [expressionOf(query)],
      })
      const facets = { category: await counted('leaf', query), brand: await counted('brand', query) }
      return { ids, totalCount: total.rows[0].count, facets }
    },
    suggest: null,
    bytes: () => bytes,
    close,
  }
}
