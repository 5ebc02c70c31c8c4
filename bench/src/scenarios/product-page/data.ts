// A shop of 40 products with 12 variants each, made by rule: a page shows one of them and eight similar ones.

const colors = ['Black', 'Silver', 'Blue', 'Red']
const sizes = ['14 inch', '15 inch', '17 inch']
const currencyCode = 'USD'

const money = (minorUnits: number) => ({ amount: (minorUnits / 100).toFixed(2), currencyCode, minorUnits })

const variantsOf = (product: number) =>
  colors.flatMap((color, c) =>
    sizes.map((size, s) => {
      const cents = 49_999 + product * 1_000 + s * 10_000
      return {
        id: `variant-${product}-${c}-${s}`,
        sku: `NB-${product}-${c}.${s}`,
        title: `${color} / ${size}`,
        options: [
          { name: 'Color', value: color },
          { name: 'Size', value: size },
        ],
        price: {
          money: money(cents),
          compareAt: c === 0 ? money(cents + 5_000) : null,
          validFrom: '2026-01-31T09:30:00.000Z',
          version: 1 + c,
        },
      }
    }),
  )

/** The products, each with its variants as the catalog has them. */
export const products = Array.from({ length: 40 }, (_, product) => ({
  id: `product-${product}`,
  slug: `notebook-${product}`,
  title: `Notebook ${product}`,
  brand: 'Example',
  description:
    `A notebook with a name of its own, ${product}, and a few words that a page shows below its pictures. `.repeat(6),
  category: {
    id: 'category-2',
    name: 'Notebooks',
    slug: 'notebooks',
    ancestors: [
      { id: 'category-0', name: 'Electronics', slug: 'electronics' },
      { id: 'category-1', name: 'Computers', slug: 'computers' },
    ],
  },
  media: [1, 2, 3].map((picture) => ({
    url: `https://cdn.example/notebook-${product}/${picture}.jpg`,
    alt: `Notebook ${product}, picture ${picture}`,
  })),
  options: [
    { name: 'Color', values: colors },
    { name: 'Size', values: sizes },
  ],
  attributes: ['Memory', 'Storage', 'Weight', 'Ports'].map((name) => ({ name, value: `${name} of ${product}` })),
  priceRange: { min: money(49_999 + product * 1_000), max: money(69_999 + product * 1_000) },
  variants: variantsOf(product),
}))

/** What the inventory says of a SKU. */
export function availabilityOf({ sku }: { sku: string }) {
  const available = (sku.charCodeAt(sku.length - 1) + sku.length) % 8
  return {
    status: available === 0 ? 'OUT_OF_STOCK' : available > 5 ? 'IN_STOCK' : 'LOW_STOCK',
    available: available > 5 ? null : available,
    asOf: '2026-01-31T09:30:00.000Z',
    version: sku.length,
  }
}

/** The ids of what the search finds for a category, the most popular first. */
export const similar = products.slice(8, 16).map(({ id }) => id)
