import type { SearchCluster } from '../src/engine/cluster.ts'
import type { Changes, SearchEngine } from '../src/engine/port.ts'
import { createResidentEngine } from '../src/engine/resident/engine.ts'

/** A cluster whose indices are engines in the memory of the test, shared by all who are given it. */
export interface LocalCluster extends SearchCluster {
  /** Nothing answers while it is true. */
  isDown: boolean
  /** Called before changes are taken in. */
  beforeApply: (generation: number, changes: Changes) => Promise<void> | void
  indices: Map<number, SearchEngine>
}

class Unavailable extends Error {}

export function createLocalCluster(): LocalCluster {
  const indices = new Map<number, SearchEngine>()
  let searched: number | null = null
  const up = () => {
    if (cluster.isDown) throw new Unavailable('nobody answers')
  }
  const index = (generation: number | null): SearchEngine => {
    up()
    const found = generation === null ? undefined : indices.get(generation)
    if (!found) throw new Unavailable(`There is no index of generation ${generation}.`)
    return found
  }
  const engine = (generation?: number): SearchEngine => {
    const behind = () => index(generation ?? searched)
    return {
      async apply(changes) {
        up()
        await cluster.beforeApply(generation ?? 0, changes)
        await behind().apply(changes)
      },
      search: async (request) => behind().search(request),
      suggest: async (prefix, limit) => behind().suggest(prefix, limit),
      setSynonyms: () => {},
      documents: async () => behind().documents(),
      asOf: async () => behind().asOf(),
    }
  }
  const cluster: LocalCluster = {
    isDown: false,
    beforeApply: () => {},
    indices,
    engine,
    async searched() {
      up()
      return searched
    },
    async generations() {
      up()
      return [...indices.keys()]
    },
    async create(generation) {
      up()
      if (!indices.has(generation)) indices.set(generation, createResidentEngine())
    },
    async use(generation) {
      index(generation)
      searched = generation
    },
    async drop(generation) {
      up()
      indices.delete(generation)
      if (searched === generation) searched = null
    },
    isUnavailable: (error) => error instanceof Unavailable,
    async close() {},
  }
  return cluster
}
