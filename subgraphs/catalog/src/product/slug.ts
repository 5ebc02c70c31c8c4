const MAX_SLUG = 80

/** A title as a part of an address: lower-case ASCII letters, digits and single hyphens, at most 80 characters; empty when nothing is left. */
export function slugify(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/ß/g, 'ss')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG)
    .replace(/^-+|-+$/g, '')
}

/** Whether `slug` has the form that `slugify` makes. */
export function isSlug(slug: string): boolean {
  return slug.length <= MAX_SLUG && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug)
}

/** Slugs for a new product, the one to prefer first: its title, then with the SKU, then with the id, which nobody else has. */
export function slugCandidates(title: string, sku: string, id: string): string[] {
  const base = slugify(title) || slugify(sku) || 'product'
  return [...new Set([base, withSuffix(base, slugify(sku)), withSuffix(base, id)])]
}

function withSuffix(base: string, suffix: string): string {
  if (suffix === '') return base
  const end = `-${suffix.slice(0, 40)}`
  return base.slice(0, MAX_SLUG - end.length).replace(/-+$/, '') + end
}
