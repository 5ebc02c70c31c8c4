/**
 * Not ready until an index is loaded, which waits for its store to be filled first: a new or deleted one is not asked too early. After that it
 * stays ready: a search that is a little behind is better than none.
 */
export function loadedCheck(isLoaded: () => boolean, lag: () => Promise<number>): () => Promise<true | string> {
  return async () => {
    if (isLoaded()) return true
    const waiting = await lag()
    return waiting > 0 ? `The index is being filled: ${waiting} changes wait.` : 'The index is being loaded.'
  }
}
