import { pick, type Random, shuffled } from '@commerce/local/shop/random.ts'
import type { SearchDocument } from '../../../subgraphs/search/src/engine/port.ts'
import { isTelling, type Judged, tellingWords } from './kinds.ts'
import { singular, type Texts, wordsIn } from './texts.ts'

/** One thing that a shopper asks for besides what it is. */
interface Wish {
  text: string
  fits(document: SearchDocument): boolean
}

/** Above that a query is too vague: the good products that nobody judged would be passed over, and chance decide. */
const MAX_GOOD = 40
/** Judged of the lower grades; of the irrelevant those that share most words with the query. */
const FURTHER = 8
/** None that the engine has in a list of its own: what is measured is how it takes words that it was not prepared for. */
const FILLERS = ['trendy', 'premium', 'ideal', 'sturdy', 'handy', 'reliable', 'popular', 'recommended']

/**
 * What is wanted, by its category, and one to three wishes about it (brand, properties), as people type it, with words that say nothing
 * about products in a third of them. Right is what is meant, not which words are where: 3 the category and all wishes, 2 half of the
 * wishes or more, 1 the category alone, 0 everything else. All of grade 3 and 2 are judged, and eight each of the others.
 */
export function shop(product: SearchDocument, texts: Texts, random: Random): Judged | null {
  const category = product.categories.at(-1)
  const said = category && nameOf(category.name, random)
  if (!said) return null
  const wishes = shuffled(random, wishesOf(product, texts, random)).slice(0, 1 + Math.floor(random() * 3))
  if (wishes.length === 0) return null
  const texted = wishes.map(({ text }) => text)
  const [first = '', ...rest] = texted
  const filler = random() < 1 / 3 ? `${pick(random, FILLERS)} ` : ''
  const query = pick(random, [
    `${filler}${first} ${said} ${rest.join(' ')}`,
    `${filler}${texted.join(' ')} ${said}`,
    `${filler}${said} ${texted.join(' ')}`,
    `${filler}${said} with ${texted.join(' and ')}`,
  ])
  const inCategory = texts.documents.filter((one) => one.categories.at(-1)?.id === category.id)
  const graded = Map.groupBy(inCategory, (one) => {
    const share = wishes.filter(({ fits }) => fits(one)).length / wishes.length
    return share === 1 ? 3 : share >= 0.5 ? 2 : 1
  })
  const good = [...(graded.get(3) ?? []), ...(graded.get(2) ?? [])]
  if (good.length > MAX_GOOD) return null
  const grades = new Map<string, number>()
  for (const { productId } of misleading(query, new Set(inCategory), texts, random)) grades.set(productId, 0)
  for (const { productId } of shuffled(random, graded.get(1) ?? []).slice(0, FURTHER)) grades.set(productId, 1)
  for (const grade of [2, 3] as const) for (const { productId } of graded.get(grade) ?? []) grades.set(productId, grade)
  return {
    query: query.replace(/[™®©]/g, '').replace(/\s+/g, ' ').trim().toLowerCase(),
    words: [],
    grades: grades.set(product.productId, 3),
  }
}

/** Products of other categories that share most words with the query. */
function misleading(query: string, inCategory: ReadonlySet<SearchDocument>, texts: Texts, random: Random) {
  const words = [...new Set(wordsIn(query).map(singular))]
  return texts.documents
    .filter((one) => !inCategory.has(one))
    .map((one) => [one, words.filter((word) => texts.has(one.productId, word)).length + random() / 2] as const)
    .sort(([, a], [, b]) => b - a)
    .slice(0, FURTHER)
    .map(([one]) => one)
}

/** A category as one says it: one of the things that its name lists, in the singular. */
function nameOf(name: string, random: Random): string | null {
  const parts = name.split(/[,&/()]| and | with /).flatMap((part) => {
    const words = wordsIn(part.replace(/^\s*all\b/i, ''))
    return words.length > 0 && words.length <= 3 ? [[...words.slice(0, -1), one(words.at(-1) ?? '')].join(' ')] : []
  })
  return parts.length === 0 ? null : pick(random, parts)
}

/** One of what the word names: "accessories", "watches". */
function one(word: string): string {
  const shorter = word.replace(/(?<=\w{3})ies$/, 'y').replace(/(?<=ch|sh|x)es$/, '')
  return shorter === word ? singular(word) : shorter
}

function wishesOf(product: SearchDocument, texts: Texts, random: Random): Wish[] {
  const { brand, attributes, title } = product
  const properties = shuffled(random, attributes.filter(isTelling)).slice(0, 2)
  const size = wordsIn(title).find((word) => /^\d+(\.\d+)?[a-z]{1,4}$/.test(word))
  const described = properties.length === 0 ? tellingWords(product, texts, 2, random) : []
  return [
    ...(brand ? [{ text: brand, fits: (one: SearchDocument) => one.brand === brand }] : []),
    ...properties.map(({ value }) => ({ text: value, fits: hasAll(wordsIn(value), texts) })),
    ...(size ? [{ text: size, fits: hasAll([size], texts) }] : []),
    ...described.map((word) => ({ text: word, fits: hasAll([word], texts) })),
  ]
}

function hasAll(words: readonly string[], texts: Texts): Wish['fits'] {
  return ({ productId }) => words.every((word) => texts.has(productId, singular(word)))
}
