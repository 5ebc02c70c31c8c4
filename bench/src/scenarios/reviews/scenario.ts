import { type DocumentNode, parse } from 'graphql'
import type { Scenario } from '../scenario.ts'
import { products, reviews, users } from './data.ts'
import { query } from './query.ts'

const federation = (imports: string): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [${imports}])\n`

const accounts = parse(`${federation('"@key", "@shareable"')}
  type Query { me: User  user(id: ID!): User  users: [User] }
  type User @key(fields: "id") { id: ID!  name: String  username: String @shareable  birthday: Int }
`)

const inventory = parse(`${federation('"@key", "@external", "@requires"')}
  type Product @key(fields: "upc") {
    upc: String!
    weight: Int @external
    price: Int @external
    inStock: Boolean
    shippingEstimate: Int @requires(fields: "price weight")
  }
`)

const catalog = parse(`${federation('"@key"')}
  type Query { topProducts(first: Int = 5): [Product] }
  type Product @key(fields: "upc") { upc: String!  name: String  price: Int  weight: Int }
`)

const opinions = parse(`${federation('"@key", "@external", "@provides"')}
  type Review @key(fields: "id") {
    id: ID!
    body: String
    product: Product
    author: User @provides(fields: "username")
  }
  type User @key(fields: "id") { id: ID!  username: String @external  reviews: [Review] }
  type Product @key(fields: "upc") { upc: String!  reviews: [Review] }
`)

const userById = ({ id }: { id: string }) => users.find((user) => user.id === id)
const productByUpc = ({ upc }: { upc: string }) => products.find((product) => product.upc === upc)
const reviewsOf = ({ upc }: { upc: string }) => reviews.filter((review) => review.upc === upc)
const top = ({ first }: { first: number }) => products.slice(0, first)
const firstTwo = reviews.slice(0, 2)
const onlyAuthor = users[0]

// One graph's rows refer to each other; graphql-js calls what is a function.
const wholeUser = (user: (typeof users)[number]): object => ({ ...user, reviews: () => firstTwo.map(wholeReview) })
const wholeReview = (review: (typeof reviews)[number]): object => ({
  ...review,
  product: () => products.filter((product) => product.upc === review.upc).map(wholeProduct)[0],
  author: () => users.slice(0, 1).map(wholeUser)[0],
})
const wholeProduct = (product: (typeof products)[number]): object => ({
  ...product,
  shippingEstimate: null,
  reviews: () => reviewsOf(product).map(wholeReview),
})

const subgraph = (typeDefs: DocumentNode, resolvers: Scenario['subgraphs'][string]['resolvers']) => ({
  typeDefs,
  resolvers,
})

/** The public gateways benchmark: 87,599 bytes put together from four subgraphs. */
export const scenario: Scenario = {
  name: 'reviews',
  subgraphs: {
    accounts: subgraph(accounts, {
      Query: { me: () => onlyAuthor, user: (_, key) => userById(key), users: () => users },
      User: { __resolveReference: userById },
    }),
    inventory: subgraph(inventory, { Product: { __resolveReference: productByUpc, shippingEstimate: () => null } }),
    products: subgraph(catalog, {
      Query: { topProducts: (_, page) => top(page) },
      Product: { __resolveReference: productByUpc },
    }),
    reviews: subgraph(opinions, {
      Review: {
        __resolveReference: ({ id }: { id: string }) => reviews.find((review) => review.id === id),
        product: ({ upc }: { upc: string }) => ({ upc }),
        author: () => onlyAuthor,
      },
      User: { __resolveReference: ({ id }: { id: string }) => ({ id }), reviews: () => firstTwo },
      Product: { __resolveReference: ({ upc }: { upc: string }) => ({ upc }), reviews: reviewsOf },
    }),
  },
  root: {
    me: () => users.slice(0, 1).map(wholeUser)[0],
    users: () => users.map(wholeUser),
    topProducts: (page: { first: number }) => top(page).map(wholeProduct),
  },
  query,
  variables: {},
  answerBytes: 87_599,
}
