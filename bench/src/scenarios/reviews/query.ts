/** The query of the public gateways benchmark: three fragments, used at up to six levels. */
export const query = /* GraphQL */ `
  fragment User on User { id username name }
  fragment Review on Review { id body }
  fragment Product on Product { inStock name price shippingEstimate upc weight }
  query TestQuery {
    users {
      ...User
      reviews {
        ...Review
        product {
          ...Product
          reviews {
            ...Review
            author { ...User reviews { ...Review product { ...Product } } }
          }
        }
      }
    }
    topProducts {
      ...Product
      reviews {
        ...Review
        author { ...User reviews { ...Review product { ...Product } } }
      }
    }
  }
`
