import { AsyncLocalStorage } from 'node:async_hooks'

/*
 * Reads say what they depend on. A tag is a name under which cached answers are invalidated together: the subject of an event
 * (`catalog.price.changed.<encoded sku>`) or its type (`catalog.price.changed`). An event raises both.
 */
const collected = new AsyncLocalStorage<Set<string>>()

/** Notes that the running read can become another when this tag is raised. Does nothing outside of `collecting`. */
export function dependOn(tag: string): void {
  collected.getStore()?.add(tag)
}

/** Runs `work` with its arguments; the tags of all reads that it makes, also later ones that it does not wait for, are added to `tags`. */
export function collecting<A extends unknown[], T>(tags: Set<string>, work: (...args: A) => T, ...args: A): T {
  return collected.run(tags, work, ...args)
}
