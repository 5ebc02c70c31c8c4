import DataLoader from 'dataloader'
import type { RelatedService } from './service.ts'

/** Reads for one request what was bought with products: those asked for in the same turn in one go for each `first`. */
export function createBoughtWith(related: Pick<RelatedService, 'boughtWith'>) {
  const loaders = new Map<number, DataLoader<string, string[]>>()
  return (productId: string, first: number): Promise<string[]> => {
    let loader = loaders.get(first)
    if (!loader) {
      loader = new DataLoader(async (ids) => {
        const together = await related.boughtWith(ids, first)
        return ids.map((id) => together.get(id) ?? [])
      })
      loaders.set(first, loader)
    }
    return loader.load(productId)
  }
}
