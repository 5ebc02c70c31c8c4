import { createHash } from 'node:crypto'
import { type GraphQLLeafType, isEnumType } from 'graphql'

/** A whole number of 32 bits that depends on all of a text. */
export function numberOf(text: string): number {
  return createHash('sha1').update(text).digest().readUInt32BE(0)
}

const words = 'amber birch cedar coral dune ember fern flint grove harbor indigo juniper linen maple ocean pearl'.split(
  ' ',
)
const things = 'mug lamp chair kettle desk bag bottle shelf notebook blanket tray clock vase basket stool bowl'.split(
  ' ',
)
const epoch = Date.UTC(2026, 0, 1)
const monthMs = 30 * 24 * 3_600_000

/** What a leaf field holds: the same for the same `place`, which names an object and its field. */
export function leafValue(type: GraphQLLeafType, field: string, place: string): unknown {
  const n = numberOf(place)
  if (isEnumType(type)) {
    const values = type.getValues().filter(({ deprecationReason }) => deprecationReason == null)
    return values[n % values.length]?.value
  }
  switch (type.name) {
    case 'Boolean':
      return n % 2 === 0
    case 'Int':
      return /quantity/i.test(field) ? 1 + (n % 5) : n % 100
    case 'Float':
      return (n % 1_000) / 10
    case 'Int64':
      return 100 + (n % 50_000)
    case 'Decimal':
      return ((100 + (n % 50_000)) / 100).toFixed(2)
    case 'CurrencyCode':
      return 'USD'
    case 'DateTime':
      return new Date(epoch + (n % monthMs)).toISOString()
    default:
      return textFor(field, n)
  }
}

function textFor(field: string, n: number): string {
  const word = words[n % words.length] as string
  const thing = things[(n >>> 8) % things.length] as string
  if (/url$/i.test(field)) return `https://shop.example/${word}-${thing}.jpg`
  if (/email/i.test(field)) return `${word}@shop.example`
  if (/country/i.test(field)) return 'US'
  if (/sku$/i.test(field)) return `${thing}-${word}-${n % 1_000}`.toUpperCase()
  if (/slug$/i.test(field)) return `${word}-${thing}-${n % 1_000}`
  if (/description|message|text|note/i.test(field)) return `The ${thing} comes in ${word}, and fits every room.`
  if (/title|name|label|alt/i.test(field)) return `${word[0]?.toUpperCase()}${word.slice(1)} ${thing}`
  return `${word} ${thing}`
}
