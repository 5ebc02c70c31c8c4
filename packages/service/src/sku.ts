/** The longest SKU, in UTF-16 units as JavaScript counts. */
export const MAX_SKU = 200

/** Whether this can be a SKU: 1 to 200 characters, no control characters, no white space at either end. Ask before caching or encoding what a client sent. */
export function isSku(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= MAX_SKU &&
    text.isWellFormed() && // half of a surrogate pair has no UTF-8 form
    text.trim() === text &&
    !/\p{Cc}/u.test(text)
  )
}
