import { AsyncLocalStorage } from 'node:async_hooks'

/** Event subject → the highest version that some work made of its entity. */
export type Changes = Map<string, number>

const noting = new AsyncLocalStorage<Changes>()

/** Runs `work`; what its transactions change, and those of the commands that it calls, is noted in `changes` once it is committed. */
export function notingChanges<T>(changes: Changes, work: () => T): T {
  return noting.run(changes, work)
}

/** Notes a committed change for whoever wants to know. Does nothing outside of `notingChanges`. */
export function noteChange(subject: string, version: number, changes = noting.getStore()): void {
  if (changes && version > (changes.get(subject) ?? 0)) changes.set(subject, version)
}

/** Where the running work is to be told of what it changed, for `noteChange` in other work that commits it. */
export function changesWanted(): Changes | undefined {
  return noting.getStore()
}

/** What the running work has changed so far; empty outside of `notingChanges`. */
export function changesSoFar(): ReadonlyMap<string, number> {
  return noting.getStore() ?? new Map()
}
