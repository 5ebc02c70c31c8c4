/** Works on things in their order, on so many at the same time. Rejects with the first failure, when what is under way has ended. */
export async function inParallel<T>(
  many: number,
  things: Iterable<T> | AsyncIterable<T>,
  work: (thing: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  for await (const thing of things) {
    if (failure) break
    const one = work(thing)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => running.delete(one))
    running.add(one)
    if (running.size >= many) await Promise.race(running)
  }
  await Promise.all(running)
  if (failure) throw failure.error
}
