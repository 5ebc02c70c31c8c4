import { pick, type Random } from '@commerce/local/shop/random.ts'
import type { Goods, Variant } from './goods.ts'
import type { Fact, ReaderKind } from './ledger.ts'

/** What an answer says of one fact; undefined when it is silent about it. */
export type Observed = { version: number; value: string } | undefined

/** One request that readers send, and how its answer is understood. */
export interface ReadRequest {
  shape: string
  /** What it is about: the answer is to say something of each. */
  facts: readonly Fact[]
  /** The head without its last empty line, and the body: a token goes between the two. */
  head: string
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: what an answer looks like is what the operation says
  read(data: any): Observed[]
}

/** How many SKUs are asked for at once. */
const AT_ONCE = 12
const LISTED = 20
/** Of variants, many, pages, staff and the two lists. */
const WEIGHTS = [35, 25, 22, 6, 6, 6]

const PRICE = 'price { version money { minorUnits } }'
const STOCK = 'availability { version status }'
const operations = {
  variant: `query Variant($sku: String!) { variant(sku: $sku) { sku ${PRICE} ${STOCK} } }`,
  many: `query Many($skus: [String!]!) { prices(skus: $skus) { sku ${PRICE} } availabilities(skus: $skus) { sku ${STOCK} } }`,
  page: `query Page($id: ID!) { product(id: $id) { title version variants(first: 20) { nodes { sku ${PRICE} ${STOCK} } } } }`,
  staff: `query Staff($skus: [String!]!) { availabilities(skus: $skus) { sku availability { version available } } }`,
  created: `{ products(first: ${LISTED}, sort: { key: NEWEST }) { nodes { title } } }`,
  sorted: `query Sorted($brand: String!) { products(first: ${LISTED}, filter: { brand: $brand }, sort: { key: PRICE }) { nodes { variants(first: 1) { nodes { sku ${PRICE} ${STOCK} } } } } }`,
}

/**
 * Chooses requests for readers, mostly what shoppers look at most. Whoever bears a token teaches a gateway what it names, so only
 * plain readers ask for the second half of the goods: of that, a gateway knows what it hears and changes, and nothing else.
 */
export function readRequests(goods: Goods, staffToken: string): (random: Random, kind: ReaderKind) => ReadRequest {
  const half = Math.ceil(goods.products.length / 2)
  const [first, second] = [goods.products.slice(0, half), goods.products.slice(half)].map((products) => {
    const variants = products.flatMap((product) => product.variants)
    const windows = Array.from({ length: Math.ceil(variants.length / AT_ONCE) }, (_, i) =>
      variants.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
    )
    return [
      variants.map(variantRequest),
      windows.map(manyRequest),
      products.map((product, i) => pageRequest(product, i % 2 === 0)),
      windows.map((some) => staffRequest(some, staffToken)),
      [createdRequest(goods)],
      [sortedRequest(goods)],
    ]
  }) as [ReadRequest[][], ReadRequest[][]]
  const all = first.map((requests, i) => [...requests, ...(second[i] ?? [])])
  const total = WEIGHTS.reduce((sum, weight) => sum + weight)
  return (random, kind) => {
    let [at, shape] = [random() * total, 0]
    while (at >= (WEIGHTS[shape] as number)) at -= WEIGHTS[shape++] as number
    return pick(random, (kind === 'plain' ? all : first)[shape] as ReadRequest[])
  }
}

function get(query: string, variables: object): Form {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) })
  return { head: `GET /graphql?${search} HTTP/1.1\r\nhost: shop\r\napollo-require-preflight: 1\r\n`, body: '' }
}

function post(query: string, variables: object, more = ''): Form {
  const body = JSON.stringify({ query, variables })
  const length = Buffer.byteLength(body)
  const head = `POST /graphql HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}`
  return { head, body }
}

type Form = Pick<ReadRequest, 'head' | 'body'>

interface Node {
  sku: string
  price?: { version: number; money: { minorUnits: number } } | null
  availability?: { version: number; status?: string; available?: number } | null
}

const priceIn = (node: Node | null | undefined): Observed =>
  node?.price ? { version: node.price.version, value: String(node.price.money.minorUnits) } : undefined
const stockIn = (node: Node | null | undefined): Observed =>
  node?.availability ? { version: node.availability.version, value: node.availability.status ?? '' } : undefined
const unitsIn = (node: Node | null | undefined): Observed =>
  node?.availability ? { version: node.availability.version, value: String(node.availability.available) } : undefined
const bySku = (nodes: readonly Node[] | null | undefined) => new Map((nodes ?? []).map((node) => [node.sku, node]))

function variantRequest({ sku, price, stock }: Variant): ReadRequest {
  return {
    shape: 'variant',
    facts: [price, stock],
    ...get(operations.variant, { sku }),
    read: (data) => [priceIn(data.variant), stockIn(data.variant)],
  }
}

function manyRequest(variants: readonly Variant[]): ReadRequest {
  return {
    shape: 'many',
    facts: variants.flatMap(({ price, stock }) => [price, stock]),
    ...post(operations.many, { skus: variants.map(({ sku }) => sku) }),
    read(data) {
      const [prices, stocks] = [bySku(data.prices), bySku(data.availabilities)]
      return variants.flatMap(({ sku }) => [priceIn(prices.get(sku)), stockIn(stocks.get(sku))])
    },
  }
}

function pageRequest({ id, fact, variants }: Goods['products'][number], byGet: boolean): ReadRequest {
  return {
    shape: 'page',
    facts: [fact, ...variants.flatMap(({ price, stock }) => [price, stock])],
    ...(byGet ? get : post)(operations.page, { id }),
    read({ product }) {
      const nodes = bySku(product?.variants.nodes)
      return [
        product ? { version: product.version, value: product.title } : undefined,
        ...variants.flatMap(({ sku }) => [priceIn(nodes.get(sku)), stockIn(nodes.get(sku))]),
      ]
    },
  }
}

function staffRequest(variants: readonly Variant[], staffToken: string): ReadRequest {
  const authorization = `authorization: Bearer ${staffToken}\r\n`
  return {
    shape: 'staff',
    facts: variants.map(({ units }) => units),
    ...post(operations.staff, { skus: variants.map(({ sku }) => sku) }, authorization),
    read(data) {
      const nodes = bySku(data.availabilities)
      return variants.map(({ sku }) => unitsIn(nodes.get(sku)))
    },
  }
}

// The list is as new as the first product that was acknowledged and is not in it, though an older one is.
function createdRequest({ created: { title: before, fact: created } }: Goods): ReadRequest {
  return {
    shape: 'created',
    facts: [created],
    ...post(operations.created, {}),
    read({ products }) {
      if (!products) return [undefined]
      const titles: string[] = products.nodes.map(({ title }: { title: string }) => title)
      const numbers = new Set(
        titles.filter((title) => title.startsWith(before)).map((title) => Number(title.slice(before.length))),
      )
      const known = [...numbers].filter((number) => created.values.has(number))
      // When it reaches back to what was there before, it has room for all of them.
      const from = numbers.size < titles.length ? 0 : Math.min(...known)
      for (let number = from + 1; number <= created.any; number++) {
        if (created.values.has(number) && !numbers.has(number)) return [{ version: number - 1, value: '' }]
      }
      return [{ version: Math.max(created.any, ...numbers), value: '' }]
    },
  }
}

// The list is as new as the last write after which it had this order.
function sortedRequest({ sorted }: Goods): ReadRequest {
  const { brand, fact, variants } = sorted
  return {
    shape: 'sorted',
    facts: [fact, ...variants.flatMap(({ price, stock }) => [price, stock])],
    ...post(operations.sorted, { brand }),
    read({ products }) {
      if (!products) return [undefined]
      const nodes: Node[] = products.nodes.map((node: { variants: { nodes: Node[] } }) => node.variants.nodes[0])
      const order = nodes.map(({ sku }) => sku).join()
      let write = fact.values.size
      while (write > 0 && fact.values.get(write) !== order) write--
      const found = bySku(nodes)
      return [
        { version: write === 0 ? -1 : write, value: order },
        ...variants.flatMap(({ sku }) => [priceIn(found.get(sku)), stockIn(found.get(sku))]),
      ]
    },
  }
}
