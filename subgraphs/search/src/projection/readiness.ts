const NEARLY = 500

/**
 * Not ready until the index has once caught up, so that a new or rebuilt one is not asked too early. After that it stays ready: a search that is
 * a little behind is better than none.
 */
export function caughtUpCheck(lag: () => Promise<number>): () => Promise<true | string> {
  let caughtUp = false
  return async () => {
    if (caughtUp) return true
    const waiting = await lag()
    caughtUp = waiting <= NEARLY
    return caughtUp || `The index is being filled: ${waiting} changes wait.`
  }
}
