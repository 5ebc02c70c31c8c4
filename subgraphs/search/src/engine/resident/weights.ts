/** Everything that ranking weighs, in one place. A product's score is text × (1 + popularity + freshness) × boosts. */
export const WEIGHTS = {
  /** BM25F (Robertson, Zaragoza 2009): what one occurrence in a field adds to a word's frequency, before it saturates. */
  fields: { title: 3, brand: 2.5, category: 1.5, attribute: 1.2, description: 0.7, sku: 3, name: 0.3 },
  /** How fast further occurrences stop to count. */
  saturation: 1.2,
  /** How much a long field counts less (0 not at all, 1 in proportion), and what is a usual length in words. */
  length: { title: 0.5, description: 0.6, usualTitle: 9, usualDescription: 40 },
  /** How much a word of the index counts that is not the very word asked for. */
  forms: {
    exact: 1,
    /** Another form of the word: "laptops". */
    stem: 0.85,
    /** Written otherwise, together or apart: "lap top". */
    written: 0.95,
    /** A synonym. */
    synonym: 0.85,
    /** What begins with an unfinished word; the lower one when the word is one already. */
    prefix: 0.85,
    prefixOfKnown: 0.5,
    /** A compound that ends with the word: "damenschuhe" for "schuhe". */
    ending: 0.6,
    /** One and two letters wrong; nothing is that wrong in the word that is known, so less there. */
    typos: [1, 0.75, 0.5],
    /** Two neighbouring letters swapped. */
    transposition: 0.85,
    typoOfKnown: 0.6,
    /** Of an unfinished word with a mistake. */
    typoPrefix: 0.85,
  },
  /** A stop word counts so much of what another word with its frequency does, and at most so much. */
  stopWord: 0.25,
  mostOfStopWord: 0.4,
  /** Neighbours of the query that are neighbours in the title, as a share of both words' weight; in order, and near each other. */
  adjacent: 0.35,
  near: 0.12,
  /** The whole query is a brand or a category: its products are multiplied by this. */
  wholeBrand: 1.6,
  wholeCategory: 1.5,
  /** A product with only some of the words: its share of the query's weight to this power multiplies the score. */
  coordination: 1.5,
  /** The most that popularity (logarithmic) and freshness (halved every `halfLifeDays`) add. */
  popularity: 0.35,
  freshness: 0.05,
  halfLifeDays: 90,
  /** Popularity that counts as half the most, and how many clicks a sold unit is worth. */
  usualPopularity: 1_000,
  soldUnit: 10,
} as const

/** Rules of what is found, beside how it is ranked. */
export const LIMITS = {
  /** Words that an unfinished word may stand for, other forms of a word, near words. */
  prefixes: 128,
  forms: 24,
  near: 16,
  endings: 32,
  /** Near words are looked for when at most so many products hold the word or a form of it, and must be held by this many times more. */
  rare: 5,
  timesMoreFrequent: 10,
  /** Products with some of the words are found too when fewer than this have all of them ... */
  few: 24,
  /** ... but only with this share of the query's weight, or of the best there is. */
  leastShare: 0.5,
} as const

/** By language: what shoppers say of any product; treated as stop words. */
export const SHOPPING_WORDS: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set('best buy cheap cheapest find gift good great looking need nice search show top want'.split(' ')),
  de: new Set('beste bester bestes billig gunstig geschenk gut guter gutes kaufen suche'.split(' ')),
  fr: new Set('acheter bon bonne cadeau cherche meilleur meilleure'.split(' ')),
  es: new Set('barata barato buen buena busco comprar mejor regalo'.split(' ')),
}
