import DataLoader from 'dataloader'

/** Reads by key without keeping anything: keys that are asked for in the same moment are one `fetch`, each key once. Answers null for what it left out. */
export function createBatch<V>(
  fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
): (key: string) => Promise<V | null> {
  const loader = new DataLoader<string, V | null>(
    async (keys) => {
      const found = await fetch([...new Set(keys)])
      return keys.map((key) => found.get(key) ?? null)
    },
    { cache: false, maxBatchSize: 500 },
  )
  return (key) => loader.load(key)
}
