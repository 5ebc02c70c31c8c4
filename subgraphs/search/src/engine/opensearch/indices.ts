import type { Client } from '@opensearch-project/opensearch'

/** The three indices of one search, or the aliases that lead to them. */
export interface Names {
  /** One document a product: its words, what it is filtered and sorted by. */
  products: string
  /** One document a SKU: which products have it, its price and stock, each with a version. Read by id only. */
  skus: string
  /** One document: when the newest change happened. */
  state: string
}

export interface IndexSettings {
  shards: number
  replicas: number
}

const PREFIX = /^[a-z0-9][a-z0-9-]{0,60}$/
const GENERATION = /^[a-z0-9][a-z0-9-]{0,40}$/
/** Stands between what belongs together in one keyword; in no text that people write. */
export const SEPARATOR = '\u001f'

/** The aliases that searches and changes go through. Throws for a prefix that no index can have. */
export function aliasesOf(prefix: string): Names {
  if (!PREFIX.test(prefix)) {
    throw new Error(
      `Expected a prefix of small letters, digits and hyphens for the indices; got ${JSON.stringify(prefix)}.`,
    )
  }
  return { products: `${prefix}-products`, skus: `${prefix}-skus`, state: `${prefix}-state` }
}

/** The indices of one generation: what a rebuild fills beside the indices in use. */
export function indicesOf(prefix: string, generation: string): Names {
  if (!GENERATION.test(generation)) {
    throw new Error(`Expected a generation of small letters, digits and hyphens; got ${JSON.stringify(generation)}.`)
  }
  const { products, skus, state } = aliasesOf(prefix)
  return { products: `${products}-${generation}`, skus: `${skus}-${generation}`, state: `${state}-${generation}` }
}

/** Keeps the index templates as they should be; indices that exist stay as they are. */
export async function putTemplates(client: Client, prefix: string, { shards, replicas }: IndexSettings): Promise<void> {
  const names = aliasesOf(prefix)
  for (const [kind, mappings] of Object.entries(MAPPINGS)) {
    const name = names[kind as keyof Names]
    const settings = {
      index: {
        number_of_shards: kind === 'state' ? 1 : shards,
        number_of_replicas: replicas,
        // Fifty chosen categories are one long expression over `categoryNodes`.
        max_regex_length: 20_000,
      },
    }
    await client.indices.putIndexTemplate({
      name,
      body: { index_patterns: [`${name}-*`], template: { settings, mappings } },
    })
  }
}

/** Creates the indices of a generation; those that exist are kept, so that a rebuild that was killed goes on. */
export async function createGeneration(client: Client, prefix: string, generation: string): Promise<void> {
  for (const index of Object.values(indicesOf(prefix, generation))) {
    await client.indices.create({ index }).catch((error: unknown) => {
      if (typeOf(error) !== 'resource_already_exists_exception') throw error
    })
  }
}

/** Lets searches and changes go to a generation from now on, in one step, and answers which indices that replaced. */
export async function useGeneration(client: Client, prefix: string, generation: string): Promise<string[]> {
  const aliases = aliasesOf(prefix)
  const indices = indicesOf(prefix, generation)
  const replaced: string[] = []
  for (const alias of Object.values(aliases)) {
    replaced.push(...(await indicesBehind(client, alias)).filter((index) => !Object.values(indices).includes(index)))
  }
  const remove = replaced.map((index) => ({ remove: { index, alias: aliasFor(index, aliases) } }))
  const add = (Object.keys(aliases) as (keyof Names)[]).map((kind) => ({
    add: { index: indices[kind], alias: aliases[kind], is_write_index: true },
  }))
  await client.indices.updateAliases({ body: { actions: [...remove, ...add] } })
  return replaced
}

/** Removes indices that nothing leads to any more. */
export async function dropIndices(client: Client, indices: readonly string[]): Promise<void> {
  for (const index of indices) await client.indices.delete({ index, ignore_unavailable: true })
}

/** The indices behind an alias; none when there is no such alias. */
export async function indicesBehind(client: Client, alias: string): Promise<string[]> {
  const { body, statusCode } = await client.indices.getAlias({ name: alias }, { ignore: [404] })
  return statusCode === 404 ? [] : Object.keys(body)
}

function aliasFor(index: string, aliases: Names): string {
  return Object.values(aliases).find((alias) => index.startsWith(`${alias}-`)) ?? aliases.products
}

function typeOf(error: unknown): string | undefined {
  const { body } = (error as { meta?: { body?: { error?: { type?: string } } } }).meta ?? {}
  return body?.error?.type
}

const keyword = { type: 'keyword' } as const
const stored = { type: 'object', enabled: false } as const
/** Texts come as words that the analysis of this subgraph has made, so that both engines understand them alike. */
const words = { type: 'text', analyzer: 'whitespace' } as const
const text = { properties: { words, stems: words } } as const

const MAPPINGS = {
  products: {
    dynamic: false,
    properties: {
      productId: keyword,
      /** Of the product; absent while only a price or units of it are known. */
      version: { type: 'long' },
      titleText: text,
      brandText: text,
      categoryText: text,
      attributeText: text,
      descriptionText: text,
      phrases: words,
      spelling: words,
      brand: keyword,
      categoryIds: keyword,
      categorySlugs: keyword,
      categoryNodes: keyword,
      attributes: { type: 'nested', properties: { name: keyword, value: keyword, number: { type: 'double' } } },
      prices: {
        type: 'nested',
        properties: { currency: keyword, amount: { type: 'long' }, onSale: { type: 'byte' } },
      },
      skus: keyword,
      inStock: { type: 'byte' },
      rating: { type: 'double' },
      popularity: { type: 'double' },
      createdAt: { type: 'date' },
      shown: stored,
      offers: stored,
    },
  },
  skus: { dynamic: false, properties: {} },
  state: { dynamic: false, properties: { asOf: { type: 'date' } } },
} as const
