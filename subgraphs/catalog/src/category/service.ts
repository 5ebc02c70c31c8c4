import { Overtaken, type Tx } from '../database.ts'
import { type CategoryPath, type CategoryState, pathKey, withAncestors } from './category.ts'
import { insertCategories, readPaths } from './repository.ts'

/**
 * Finds the categories of these paths by `pathKey`, and makes those that do not exist yet, as part of a transaction that has
 * locked its products and found nothing wrong with them: what is refused leaves no category behind. Another transaction that
 * makes the same category waits for this one.
 */
export async function ensureCategories(
  tx: Tx,
  paths: readonly CategoryPath[],
  now: Date,
  newId: () => string,
): Promise<Map<string, CategoryState>> {
  if (paths.length === 0) return new Map()
  const levels = withAncestors(paths)
  const known = await readPaths(tx, levels.flat())
  for (const level of levels) {
    const missing = level.filter((path) => !known.has(pathKey(path)))
    if (missing.length === 0) continue
    const parentOf = (path: CategoryPath): CategoryState | null => known.get(pathKey(path.slice(0, -1))) ?? null
    await insertCategories(
      tx,
      missing.map((path) => ({ id: newId(), parent: parentOf(path), path })),
      now,
    )
    for (const [key, category] of await readPaths(tx, missing)) known.set(key, category)
    if (missing.some((path) => !known.has(pathKey(path)))) throw new Overtaken('A category could not be made.')
  }
  return known
}
