import type { Reader } from '../database.ts'
import { Overtaken } from '../database.ts'
import { type CategoryPath, type CategoryState, pathKey, withAncestors } from './category.ts'
import { insertCategories, readPaths } from './repository.ts'

/**
 * Finds the categories of these paths by `pathKey`, and makes those that do not exist yet. Each level is one statement of
 * its own, outside of the import's transaction: two imports that need the same category do not wait for each other's products.
 */
export async function ensureCategories(
  db: Reader,
  paths: readonly CategoryPath[],
  now: Date,
  newId: () => string,
): Promise<Map<string, CategoryState>> {
  const levels = withAncestors(paths)
  const known = await readPaths(db, levels.flat())
  for (const level of levels) {
    const missing = level.filter((path) => !known.has(pathKey(path)))
    if (missing.length === 0) continue
    const parentOf = (path: CategoryPath): CategoryState | null => known.get(pathKey(path.slice(0, -1))) ?? null
    await insertCategories(
      db,
      missing.map((path) => ({ id: newId(), parent: parentOf(path), path })),
      now,
    )
    for (const [key, category] of await readPaths(db, missing)) known.set(key, category)
    if (missing.some((path) => !known.has(pathKey(path)))) throw new Overtaken('A category could not be made.')
  }
  return known
}
