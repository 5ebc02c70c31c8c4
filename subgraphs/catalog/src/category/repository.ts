import { type Reader, storable } from '../database.ts'
import { oneLine } from '../product/text.ts'
import { type CategoryPath, type CategoryState, categorySlugs, MAX_CHILDREN, pathKey } from './category.ts'

const COLUMNS = 'id, parent_id as "parentId", slug, name'

/** The categories with these slugs; a slug that does not exist is left out. */
export async function readCategorySlugs(db: Reader, slugs: readonly string[]): Promise<Map<string, CategoryState>> {
  const rows = await db.$queryRawUnsafe<CategoryState[]>(
    `select ${COLUMNS} from category where slug = any($1)`,
    storable(slugs),
  )
  return new Map(rows.map((row) => [row.slug, row]))
}

/** The first 500 children of each category, by name; of the tree itself for `''`. */
export async function readChildren(db: Reader, parentIds: readonly string[]): Promise<CategoryState[][]> {
  const rows = await db.$queryRawUnsafe<CategoryState[]>(
    `select ${COLUMNS} from (
       select *, row_number() over (partition by parent_id order by lower(name), id) as place from category
       where parent_id = any($1::uuid[]) or ($2 and parent_id is null)
     ) as child
     where place <= $3 order by place`,
    parentIds.filter((id) => id !== ''),
    parentIds.includes(''),
    MAX_CHILDREN,
  )
  const byParent = Map.groupBy(rows, ({ parentId }) => parentId ?? '')
  return parentIds.map((id) => byParent.get(id) ?? [])
}

/** For each category the way down to it, from the root, itself included; a category that does not exist is left out. */
export async function readChains(db: Reader, ids: readonly string[]): Promise<Map<string, CategoryState[]>> {
  const rows = await db.$queryRawUnsafe<(CategoryState & { start: string })[]>(
    `with recursive chain as (
       select id as start, 0 as height, category.* from category where id = any($1::uuid[])
       union all
       select chain.start, chain.height + 1, parent.* from chain join category parent on parent.id = chain.parent_id
     )
     select start, ${COLUMNS} from chain order by start, height desc`,
    ids,
  )
  const byStart = Map.groupBy(rows, ({ start }) => start)
  return new Map([...byStart].map(([id, chain]) => [id, chain.map(({ start: _, ...category }) => category)]))
}

/** For each category its id and those of all categories below it; empty when there is no such category. */
export async function readDescendantIds(db: Reader, ids: readonly string[]): Promise<string[][]> {
  const rows = await db.$queryRawUnsafe<{ start: string; id: string }[]>(
    `with recursive below as (
       select id as start, id from category where id = any($1::uuid[])
       union all
       select below.start, child.id from below join category child on child.parent_id = below.id
     )
     select start, id from below`,
    ids,
  )
  const byStart = Map.groupBy(rows, ({ start }) => start)
  return ids.map((start) => (byStart.get(start) ?? []).map(({ id }) => id))
}

/** Those of these paths that exist, by their key. */
export async function readPaths(db: Reader, paths: readonly CategoryPath[]): Promise<Map<string, CategoryState>> {
  const rows = await db.$queryRawUnsafe<(CategoryState & { path: string })[]>(
    `select path, ${COLUMNS} from category where path = any($1)`,
    paths.map(pathKey),
  )
  return new Map(rows.map(({ path, ...category }) => [path, category]))
}

/** Makes categories whose parents exist; one that exists already, or whose slugs are all taken by now, is passed by. */
export async function insertCategories(
  db: Reader,
  categories: readonly { id: string; parent: CategoryState | null; path: CategoryPath }[],
  now: Date,
): Promise<void> {
  const rows = categories.map(({ id, parent, path }) => {
    const name = oneLine(path.at(-1) ?? '')
    return {
      id,
      parent_id: parent?.id ?? null,
      name,
      path: pathKey(path),
      slugs: categorySlugs(name, parent?.slug ?? null, id),
    }
  })
  for (const attempt of [0, 1, 2]) {
    const batch = rows.flatMap(({ slugs, ...row }) => (slugs[attempt] ? [{ ...row, slug: slugs[attempt] }] : []))
    await db.$executeRawUnsafe(
      `insert into category (id, parent_id, slug, name, path, created_at)
       select row.id, row.parent_id, row.slug, row.name, row.path, $2::timestamptz
       from jsonb_to_recordset($1::jsonb) as row(id uuid, parent_id uuid, slug text, name text, path text)
       where not exists (select from category where category.path = row.path)
       order by row.path
       on conflict do nothing`,
      JSON.stringify(batch),
      now,
    )
  }
}
