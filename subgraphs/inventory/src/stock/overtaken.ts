/** What was decided is void, and nothing was done: a SKU that was not known came into being, or a location was closed. */
export class Overtaken extends Error {
  override name = 'Overtaken'
}

const TRIES = 20

/**
 * Does something again when it was overtaken: then it sees what overtook it. That can happen once for each SKU and location that it is about,
 * so often only to long lists that overlap with others and come at the same time.
 */
export async function unlessOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Overtaken) || tried === TRIES) throw error
    }
  }
}
