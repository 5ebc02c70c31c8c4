/** What was decided is void, and nothing was done: a SKU that was not known came into being, or a location was closed. */
export class Overtaken extends Error {
  override name = 'Overtaken'
}

const TRIES = 3

/** Does something again when it was overtaken: then it sees what overtook it. That can happen once for each thing that it is about. */
export async function unlessOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Overtaken) || tried === TRIES) throw error
    }
  }
}
