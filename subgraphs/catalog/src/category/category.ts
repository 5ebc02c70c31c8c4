import { slugify } from '../product/slug.ts'
import { oneLine } from '../product/text.ts'

/** A place in the tree; what it is called and where it stands never changes. */
export interface CategoryState {
  id: string
  parentId: string | null
  slug: string
  name: string
}

/** The names from the root down to a category. */
export type CategoryPath = readonly string[]

/** How many children of a category, or roots of the tree, are answered. */
export const MAX_CHILDREN = 500

/** What makes a category the same one: its path as text, without regard to case and surplus white space. */
export function pathKey(path: CategoryPath): string {
  return JSON.stringify(path.map((name) => oneLine(name).toLowerCase()))
}

/** Every category that these paths need, each once as it is written first, parents before their children. */
export function withAncestors(paths: readonly CategoryPath[]): CategoryPath[][] {
  const levels: Map<string, CategoryPath>[] = []
  for (const path of paths) {
    for (let depth = 1; depth <= path.length; depth++) {
      const part = path.slice(0, depth)
      const level = levels[depth - 1] ?? new Map<string, CategoryPath>()
      levels[depth - 1] = level
      if (!level.has(pathKey(part))) level.set(pathKey(part), part)
    }
  }
  // Sorted, so that two imports that make the same categories take turns instead of waiting for each other.
  return levels.map((level) => [...level.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path))
}

/** Slugs for a new category, the one to prefer first: its name, then with its parent's slug, then with its id. */
export function categorySlugs(name: string, parentSlug: string | null, id: string): string[] {
  const own = slugify(name) || 'category'
  const long = parentSlug ? `${parentSlug}-${own}`.slice(0, 160) : own
  return [...new Set([own, long, `${own}-${id}`])]
}
