import { fromAmount, isCurrencyCode } from '@commerce/service/money.ts'

/** An amount with its currency, as decimal string. */
export interface FeedPrice {
  amount: string
  currencyCode: string
}

/**
 * Reads a feed's price: `49.99 USD`, `USD 49.99`, `1,299.00 USD`, `49,99 EUR`; a number alone only with a default currency.
 * Null when it is none.
 */
export function readFeedPrice(text: string, defaultCurrency: string | null): FeedPrice | null {
  const match = /^(?:([A-Z]{3})\s*)?(\d[\d.,]*)(?:\s*([A-Z]{3}))?$/.exec(text.trim())
  if (!match || (match[1] && match[3])) return null
  const currencyCode = match[1] ?? match[3] ?? defaultCurrency
  const amount = plainAmount(match[2] as string)
  if (amount === null || currencyCode === null || !isCurrencyCode(currencyCode)) return null
  return fromAmount(amount, currencyCode) === null ? null : { amount, currencyCode }
}

function plainAmount(digits: string): string | null {
  if (/^\d{1,3}(,\d{3})+(\.\d+)?$/.test(digits)) return digits.replaceAll(',', '')
  if (/^\d+,\d{1,2}$/.test(digits)) return digits.replace(',', '.')
  return /^\d{1,15}(\.\d{1,15})?$/.test(digits) ? digits : null
}

/** Whether this is a global trade item number: 8, 12, 13 or 14 digits of which the last checks the others (GS1 General Specifications, 7.9). */
export function isGtin(text: string): boolean {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false
  const digits = [...text].reverse().map(Number)
  const sum = digits.reduce((total, digit, i) => total + digit * (i % 2 === 1 ? 3 : 1), 0)
  return sum % 10 === 0
}

/** The names of a category path, `"A > B > C"`; null when one of them is empty. */
export function readCategoryPath(text: string): string[] | null {
  const names = text.split('>').map((name) => name.replace(/\s+/g, ' ').trim())
  return names.includes('') ? null : names
}

/**
 * Reads `product_detail` as it stands in a cell: `section:name:value`, several separated by commas; a backslash before a comma or colon
 * makes it part of the text, and a comma is part of a value when no section and name follow. Null when a piece has no value.
 */
export function readDetailCell(cell: string): { name: string; value: string }[] | null {
  const pieces: string[] = []
  for (const piece of splitOutsideEscapes(cell, ',')) {
    const last = pieces.length - 1
    if (last >= 0 && splitOutsideEscapes(piece, ':').length < 3) pieces[last] += `,${piece}`
    else pieces.push(piece)
  }
  const details = pieces.map((piece) => {
    const parts = splitOutsideEscapes(piece, ':')
    const [name, ...value] = parts.length < 3 ? parts : parts.slice(1)
    return { name: unescaped(name ?? ''), value: unescaped(value.join(':')) }
  })
  return details.some(({ name, value }) => name === '' || value === '') ? null : details
}

function splitOutsideEscapes(text: string, separator: ',' | ':'): string[] {
  const parts: string[] = []
  let part = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] === separator) {
      parts.push(part)
      part = ''
    } else if (text[i] === '\\') part += text.slice(i, ++i + 1)
    else part += text[i]
  }
  return [...parts, part]
}

function unescaped(text: string): string {
  return text.replace(/\\([\\,:])/g, '$1').trim()
}
