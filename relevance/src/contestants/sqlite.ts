import { DatabaseSync } from 'node:sqlite'
import { wordsIn } from '../judged/texts.ts'
import { type Counts, flat, type Open } from './contestant.ts'

const FIELDS = ['title', 'brand', 'category', 'attributes', 'description', 'sku'] as const
const LEAST_DISTINCT = 2

/** SQLite's own full text search (FTS5) in memory: any of the words, the last one a prefix, titles count double; it knows no typos. */
export const openSqlite: Open = async ({ documents }) => {
  const database = new DatabaseSync(':memory:')
  database.exec(`
    create virtual table text using fts5(${FIELDS.join(', ')}, tokenize = 'porter unicode61', prefix = '2 3');
    create table product (id text, brand text, leaf text)`)
  const text = database.prepare(`insert into text values (${FIELDS.map(() => '?').join(', ')})`)
  const product = database.prepare('insert into product (rowid, id, brand, leaf) values (?, ?, ?, ?)')
  database.exec('begin')
  documents.forEach((document, n) => {
    const one = flat(document)
    text.run(...FIELDS.map((field) => one[field]))
    product.run(n + 1, one.id, one.brand, one.leaf)
  })
  database.exec('commit')
  const best = database.prepare(`
    select id from text join product on product.rowid = text.rowid
    where text match ? order by bm25(text, 2, 1, 1, 1, 1, 1) limit ?`)
  const counted = (column: 'brand' | 'leaf') =>
    database.prepare(`
      select product.${column} as value, count(*) as count from text join product on product.rowid = text.rowid
      where text match ? and product.${column} <> '' group by 1`)
  const [brands, leaves] = [counted('brand'), counted('leaf')]
  const total = database.prepare('select count(*) as count from text where text match ?')
  const size = database.prepare('select page_count * page_size as bytes from pragma_page_count, pragma_page_size')
  const expressionOf = (query: string) => {
    const words = wordsIn(query)
    return words
      .map((word, n) => `"${word}"${n === words.length - 1 && word.length >= LEAST_DISTINCT ? '*' : ''}`)
      .join(' OR ')
  }
  const find = (expression: string, limit: number) => best.all(expression, limit).map(({ id }) => String(id))
  const counts = (rows: Record<string, unknown>[]): Counts =>
    Object.fromEntries(rows.map(({ value, count }) => [String(value), Number(count)]))
  return {
    find: (query, limit) => (expressionOf(query) ? find(expressionOf(query), limit) : []),
    page(query, limit) {
      const expression = expressionOf(query) || '""'
      return {
        ids: find(expression, limit),
        totalCount: Number(total.get(expression)?.count),
        facets: { category: counts(leaves.all(expression)), brand: counts(brands.all(expression)) },
      }
    },
    suggest: null,
    bytes: () => Number(size.get()?.bytes),
    close: async () => database.close(),
  }
}
