/** A part of a text, in order. */
export interface Part {
  text: string
  highlighted: boolean
}

/** Is this (folded) word what was asked for? A number: that many of its first letters are. */
export type Matches = (word: string) => boolean | number

/** The text in parts; joined they are the text. */
export function highlight(_text: string, _matches: Matches): Part[] {
  throw new Error('@TODO in the next commit')
}

/** At most `maxCharacters` of the text around most of the matching words, "…" where it was cut (counted too). */
export function snippet(_text: string, _matches: Matches, _maxCharacters: number): Part[] {
  throw new Error('@TODO in the next commit')
}
