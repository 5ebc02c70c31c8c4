import { ask } from './ask.ts'
import { graphql } from './gql/index.ts'
import { tellPrice } from './price-tag.ts'

export const productPage = graphql(`
  query ProductPage($slug: String!) {
    product(slug: $slug) {
      id
      title
      category {
        name
      }
      variants(first: 20) {
        nodes {
          id
          ...PriceTag
        }
      }
    }
  }
`)

/** The lines of a product's page; null when there is no such product. */
export async function readProductPage(url: string, slug: string, send?: 'id' | 'text'): Promise<string[] | null> {
  const { product } = await ask(url, productPage, { slug }, send)
  if (!product) return null
  const { title, category, variants } = product
  return [`${title} (${category?.name ?? 'in no category'})`, ...(variants?.nodes ?? []).map(tellPrice)]
}
