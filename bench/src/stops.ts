/** Things to be stopped together. */
export interface Stops {
  /** Stops this too; at once when the others have been stopped already. */
  add(stop: () => Promise<void>): void
  /** Stops everything, once. Resolves when all have ended; what fails to stop does not keep the others from it. */
  stop(): Promise<void>
}

/** An empty list of things to be stopped. */
export function stopList(): Stops {
  const stops: (() => Promise<void>)[] = []
  let stopping: Promise<void> | undefined
  return {
    add(stop) {
      if (stopping) void stop().catch(() => {})
      else stops.push(stop)
    },
    stop() {
      stopping ??= Promise.allSettled(stops.map((stop) => stop())).then(() => {})
      return stopping
    },
  }
}
