/*
 * The rules of a feed row, one function for each attribute; above 200 lines because there are that many attributes and each
 * of them is a line or a few in one table.
 */
import type { Media, Named } from '../product/parts.ts'
import { oneLine, type Problem, problem, textProblem } from '../product/text.ts'
import { isWebAddress, LIMITS, skuProblem } from '../product/wish.ts'
import { isGtin, readCategoryPath, readDetailCell, readFeedPrice } from './feed-values.ts'
import type { ImportRow } from './rows.ts'

/** What is wrong with one attribute of a row. */
export interface FieldProblem {
  field: string
  expected: string
  got: string
}

/** What a row says. */
export interface ReadRow {
  /** The feed's id, also the SKU; empty when it cannot be read. */
  id: string
  /** What is usable of the row: without the attributes named in `errors`; null without id or title. */
  product: ImportRow | null
  errors: FieldProblem[]
  /** What was read otherwise than written, although nothing is wrong. */
  notes: string[]
}

export interface ReadOptions {
  /** The currency of prices that name none; null: such a price is wrong. */
  currency: string | null
}

/** The attributes that the catalog takes. */
export const USED_ATTRIBUTES: ReadonlySet<string> = new Set(
  `id title description image_link additional_image_link price sale_price sale_price_effective_date brand product_type
   google_product_category color size material pattern gender item_group_id gtin mpn condition product_detail custom_number_0`.split(
    /\s+/,
  ),
)

const CHOICES = ['color', 'size', 'material', 'pattern'] as const
const CONDITIONS = ['new', 'refurbished', 'used']
const MAX_POPULARITY = 2 ** 31 - 1

/** Reads one row of a Google Merchant Center product feed by the rules of the catalog. Never throws, whatever the row holds. */
export function readRow(record: Readonly<Record<string, unknown>>, options: ReadOptions): ReadRow {
  const errors: FieldProblem[] = []
  const notes: string[] = []
  const wrong = (field: string, expected: string, got: unknown): null => {
    const { expected: _, ...rest } = toField(problem([field], expected, got))
    errors.push({ ...rest, expected })
    return null
  }

  /** A text on one line; null when there is none or it is wrong. */
  const line = (field: string, max: number): string | null => {
    const value = scalar(record[field])
    if (value === undefined) return wrong(field, 'a text', record[field])
    const text = value === null ? '' : oneLine(value)
    const found = text === '' ? null : textProblem([field], text, max)
    if (found) errors.push(toField(found))
    return text === '' || found ? null : text
  }

  const description = (): string | null => {
    const value = scalar(record.description)
    if (value === undefined) return wrong('description', 'a text', record.description)
    const text = value?.replace(/\r\n?/g, '\n').trim() ?? ''
    const found = text === '' ? null : textProblem(['description'], text, LIMITS.description)
    if (found) errors.push(toField(found))
    return text === '' || found ? null : text
  }

  const categoryPath = (): string[] | null => {
    const written = list(record.product_type)[0] ?? record.google_product_category
    const field = list(record.product_type).length > 0 ? 'product_type' : 'google_product_category'
    const text = scalar(written)
    if (text === undefined) return wrong(field, 'a path such as "Audio > Headphones"', written)
    if (text === null || text.trim() === '') return null
    if (field === 'google_product_category' && /^\d+$/.test(text.trim())) return null // a number of Google's own list
    const names = readCategoryPath(text)
    const fits =
      names !== null &&
      names.length <= LIMITS.categoryDepth &&
      names.join('').length <= LIMITS.categoryPath &&
      names.every((name) => textProblem([], name, LIMITS.name) === null)
    return fits
      ? names
      : wrong(field, `a path of 1 to ${LIMITS.categoryDepth} names such as "Audio > Headphones"`, text)
  }

  const price = (): ImportRow['price'] => {
    const regular = amount('price')
    if (has(record.sale_price) && has(record.sale_price_effective_date)) {
      notes.push('sale_price is not taken: it has dates, and prices of the catalog hold until they are changed')
      return regular
    }
    const sale = amount('sale_price')
    if (!sale || errors.some(({ field }) => field === 'price')) return regular
    if (!regular) return wrong('sale_price', 'a price that it reduces', record.sale_price) ?? regular
    if (sale.currencyCode !== regular.currencyCode || Number(sale.amount) > Number(regular.amount)) {
      return wrong('sale_price', `an amount of ${regular.currencyCode} below the price`, record.sale_price) ?? regular
    }
    if (Number(sale.amount) === Number(regular.amount)) return regular
    return { ...sale, compareAt: regular.amount }
  }

  const amount = (field: 'price' | 'sale_price') => {
    const text = scalar(record[field])
    if (text === null || text?.trim() === '') return null
    const read = text === undefined ? null : readFeedPrice(text, options.currency)
    const hint = options.currency === null ? ' (or name a currency for all with --currency)' : ''
    return read ?? wrong(field, `an amount with its currency such as "49.99 USD"${hint}`, record[field])
  }

  const media = (alt: string): Media[] => {
    const links = (field: string): Media[] =>
      list(record[field])
        .flatMap((link) => (typeof link === 'string' ? link.split(/,(?=\s*https?:)/) : [link]))
        .flatMap((link) => {
          const url = typeof link === 'string' ? link.trim() : link
          if (url === '' || url === null) return []
          if (typeof url === 'string' && isWebAddress(url)) return [{ url, alt }]
          wrong(field, 'an http or https address', link)
          return []
        })
    const all = [...links('image_link'), ...links('additional_image_link')]
    const distinct = [...new Map(all.map((picture) => [picture.url, picture])).values()]
    if (distinct.length > LIMITS.media)
      wrong('additional_image_link', `at most ${LIMITS.media} pictures`, distinct.length)
    return distinct.slice(0, LIMITS.media)
  }

  const details = (): Named[] => {
    const field = 'product_detail'
    const pairs = list(record[field]).flatMap((detail): Named[] => {
      if (typeof detail === 'string') {
        return readDetailCell(detail) ?? wrong(field, '"section:name:value"', detail) ?? []
      }
      const { attribute_name, attribute_value } = (detail ?? {}) as Record<string, unknown>
      const [name, value] = [scalar(attribute_name), scalar(attribute_value)]
      if (name?.trim() && value?.trim()) return [{ name, value }]
      return wrong(field, '{ attribute_name, attribute_value }, both texts', detail) ?? []
    })
    return pairs.flatMap((pair) => {
      const [name, value] = [oneLine(pair.name), oneLine(pair.value)]
      const found = textProblem([field], name, LIMITS.name) ?? textProblem([field], value, LIMITS.value)
      if (found) errors.push(toField(found))
      return found ? [] : [{ name, value }]
    })
  }

  const popularity = (): number => {
    const value = scalar(record.custom_number_0)
    if (value === null || value === '') return 0
    const number = Number(value)
    if (Number.isInteger(number) && number >= 0 && number <= MAX_POPULARITY) return number
    return wrong('custom_number_0', `a whole number from 0 to ${MAX_POPULARITY}`, record.custom_number_0) ?? 0
  }

  const coded = (field: string, form: string, fits: (text: string) => boolean): string | null => {
    const text = line(field, LIMITS.code)
    return text === null || fits(text) ? text : wrong(field, form, text)
  }

  const sku = (): string | null => {
    const text = line('id', LIMITS.sku)
    const found = text === null ? null : skuProblem(['id'], text)
    if (found) errors.push(toField(found))
    return found ? null : text
  }

  const id = sku()
  if (id === null && !errors.some(({ field }) => field === 'id')) wrong('id', 'an id', record.id ?? null)
  const title = line('title', LIMITS.title)
  if (title === null && !errors.some(({ field }) => field === 'title')) wrong('title', 'a title', record.title ?? null)

  const groupKey = line('item_group_id', LIMITS.code)
  const choices = CHOICES.flatMap((field) => {
    const value = line(field, LIMITS.name)
    return value === null ? [] : [{ name: capital(field), value }]
  })
  const gender = line('gender', LIMITS.name)
  const own = [...(groupKey ? [] : choices), ...(gender ? [{ name: 'Gender', value: gender }] : [])]
  const attributes = combine([...details(), ...own])
  if (attributes.length > LIMITS.attributes) {
    wrong('product_detail', `at most ${LIMITS.attributes} details`, attributes.length)
  }
  const row: Omit<ImportRow, 'sku' | 'title'> = {
    groupKey,
    description: description(),
    brand: line('brand', LIMITS.brand),
    categoryPath: categoryPath(),
    media: media(title ?? ''),
    attributes: attributes.slice(0, LIMITS.attributes),
    options: groupKey ? choices : [],
    price: price(),
    gtin: coded('gtin', 'a GTIN: 8, 12, 13 or 14 digits with the right check digit', isGtin),
    mpn: line('mpn', LIMITS.code),
    condition: coded('condition', CONDITIONS.join(', '), (text) => CONDITIONS.includes(text)),
    popularity: popularity(),
  }
  return { id: id ?? '', product: id === null || title === null ? null : { sku: id, title, ...row }, errors, notes }
}

function toField({ path, expected, got }: Problem): FieldProblem {
  return { field: path.join('.'), expected, got }
}

/** A text, a number or a truth value as text; null for nothing, undefined for anything else. */
function scalar(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function has(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  return has(value) ? [value] : []
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

// A name that comes again, in whatever case, adds its value to the first one.
function combine(pairs: readonly Named[]): Named[] {
  const combined = new Map<string, { name: string; values: Set<string> }>()
  for (const { name, value } of pairs) {
    const entry = combined.get(name.toLowerCase()) ?? { name, values: new Set<string>() }
    combined.set(name.toLowerCase(), entry)
    if ([...entry.values, value].join(', ').length <= LIMITS.value) entry.values.add(value)
  }
  return [...combined.values()].map(({ name, values }) => ({ name, value: [...values].join(', ') }))
}
