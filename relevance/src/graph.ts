import type { SearchDocument } from '../../subgraphs/search/src/engine/port.ts'
import type { Catalog } from './catalogs.ts'
import type { Contestant } from './contestants/contestant.ts'

const MAX_PRODUCTS = 20_000
const TIMEOUT_MS = 30_000

const PRODUCTS = `query ($after: String) { products(first: 50, after: $after) {
  nodes {
    id version title description brand popularity createdAt updatedAt
    category { id slug name ancestors { id slug name } }
    attributes { name value }
    variants(first: 5) { nodes { sku title options { name value } } }
  }
  pageInfo { hasNextPage endCursor }
} }`

const SEARCH = 'query ($query: String, $first: Int) { search(query: $query, first: $first) { nodes { id } } }'

type Node = Omit<SearchDocument, 'productId' | 'categories' | 'variants'> & {
  id: string
  category: (Category & { ancestors: Category[] }) | null
  variants: { nodes: (SearchDocument['variants'][number] & { options: { name: string; value: string }[] })[] }
}
type Category = SearchDocument['categories'][number]

/** The products of a running shop, as the graph shows them; the first 20,000. */
export async function graphCatalog(url: string): Promise<Catalog> {
  const documents: SearchDocument[] = []
  let after: string | null = null
  do {
    const { products } = (await ask(url, PRODUCTS, { after })) as {
      products: { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
    }
    documents.push(...products.nodes.map(documentOf))
    after = products.pageInfo.hasNextPage ? products.pageInfo.endCursor : null
  } while (after !== null && documents.length < MAX_PRODUCTS)
  if (documents.length === 0) throw new Error(`Expected products at ${url}, got none: import some first.`)
  return { name: new URL(url).host, documents, prices: [] }
}

/** The search of a running shop, over HTTP. */
export function openGraph(url: string): Contestant {
  return {
    async find(query, first) {
      const { search } = (await ask(url, SEARCH, { query, first })) as { search: { nodes: ({ id: string } | null)[] } }
      return search.nodes.flatMap((node) => (node ? [node.id] : []))
    },
    page: null,
    suggest: null,
    close: async () => {},
  }
}

function documentOf({ id, category, variants, attributes, ...rest }: Node): SearchDocument {
  return {
    ...rest,
    productId: id,
    categories: category ? [...category.ancestors, category].map(({ id, slug, name }) => ({ id, slug, name })) : [],
    attributes: [...attributes, ...variants.nodes.flatMap(({ options }) => options)],
    variants: variants.nodes.map(({ sku, title }) => ({ sku, title })),
  }
}

async function ask(url: string, query: string, variables: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: Error) => {
    throw new Error(
      `Expected a graph at ${url}: ${error.cause instanceof Error ? error.cause.message : error.message}.`,
    )
  })
  const text = await response.text()
  let answer: { data?: unknown; errors?: { message: string }[] }
  try {
    answer = JSON.parse(text)
  } catch {
    throw new Error(`Expected an answer in JSON from ${url}, got status ${response.status}: ${text.slice(0, 100)}`)
  }
  if (answer.errors?.[0] || !answer.data)
    throw new Error(`${url} answered: ${answer.errors?.[0]?.message ?? 'no data'}`)
  return answer.data
}
