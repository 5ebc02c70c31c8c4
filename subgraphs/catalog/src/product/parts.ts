/** A name and a value: a fact about a product, or a variant's choice. */
export interface Named {
  name: string
  value: string
}

/** A picture and the words for those who cannot see it. */
export interface Media {
  url: string
  alt: string | null
}
