/*
 * In which fields of a document a word stands, as one number of 18 bits: how often in the title, where there first, in the
 * categories (more for the last one), attributes and variants, the description, and whether in
 * brand, SKU or the name of an attribute.
 */
export type Field = 'title' | 'brand' | 'category' | 'attribute' | 'description' | 'sku' | 'name'

const TITLE = 0x3
const AT = 2
const AT_MASK = 0x3f
const BRAND = 1 << 8
const SKU = 1 << 9
const CATEGORY = 10
const ATTRIBUTE = 12
const DESCRIPTION = 14
const NAME = 1 << 17
const MANY = 3
const OFTEN = 7

/** No place in the title, or one too far behind to matter. */
export const NOWHERE = AT_MASK

export const NO_FIELDS = NOWHERE << AT

/** What a word's fields are after one more occurrence. `at`: where in the title. */
export function withOccurrence(fields: number, field: Field, at: number): number {
  if (field === 'brand') return fields | BRAND
  if (field === 'sku') return fields | SKU
  if (field === 'name') return fields | NAME
  if (field === 'title') {
    const first = titlePlace(fields) === NOWHERE ? (fields & ~(AT_MASK << AT)) | (Math.min(at, NOWHERE) << AT) : fields
    return (first & TITLE) < MANY ? first + 1 : first
  }
  const shift = field === 'category' ? CATEGORY : field === 'attribute' ? ATTRIBUTE : DESCRIPTION
  const most = field === 'description' ? OFTEN : MANY
  return ((fields >> shift) & most) < most ? fields + (1 << shift) : fields
}

export const titleCount = (fields: number): number => fields & TITLE
export const titlePlace = (fields: number): number => (fields >> AT) & AT_MASK
export const inBrand = (fields: number): boolean => (fields & BRAND) !== 0
export const inSku = (fields: number): boolean => (fields & SKU) !== 0
export const inName = (fields: number): boolean => (fields & NAME) !== 0
export const categoryCount = (fields: number): number => (fields >> CATEGORY) & MANY
export const attributeCount = (fields: number): number => (fields >> ATTRIBUTE) & MANY
export const descriptionCount = (fields: number): number => (fields >> DESCRIPTION) & OFTEN
