/*
 * What is known of each product besides its words, as columns by product number (from 0, for good), and of each SKU. A price or a stock may
 * come before its product: the SKU is known from then on. Long because every column and what keeps it right is here.
 */
import type { PriceChange, SearchDocument, StockChange } from '../port.ts'
import { newness, popularityShare } from './factors.ts'
import { grown } from './grow.ts'
import { createRows } from './rows.ts'

export interface Category {
  id: string
  slug: string
  name: string
  parent: number
  updatedAt: string
}

/** The cheapest price and whether some variant is on sale, by product number. */
export interface Offers {
  price: Float64Array
  onSale: Uint8Array
}

export type Products = ReturnType<typeof createProducts>

const NONE = -1

export function createProducts() {
  const numbers = new Map<string, number>()
  const brandNumbers = new Map<string, number>()
  const categoryNumbers = new Map<string, number>()
  const pathNumbers = new Map<string, number>()
  const pairNumbers = new Map<string, number>()
  const nameNumbers = new Map<string, number>()
  const skuNumbers = new Map<string, number>()
  const offers = new Map<string, Offers>()
  const units = new Map<string, number>()
  /** SKUs, lower case → their numbers. */
  const folded = new Map<string, number[]>()
  const owners: number[][] = []

  let skuPrice = new Float64Array(0)
  let skuCompareAt = new Float64Array(0)
  let skuPriceVersion = new Float64Array(0)
  let skuStockVersion = new Float64Array(0)
  let skuSellable = new Uint8Array(0)
  const skuCurrency: (string | null)[] = []
  const skusOf = createRows()

  const self = {
    ids: [] as string[],
    titles: [] as string[],
    version: new Float64Array(0),
    popularity: new Float64Array(0),
    createdAt: new Float64Array(0),
    /** What follows from the two for scores: see `factors.ts`. */
    popular: new Float64Array(0),
    newness: new Float64Array(0),
    rating: new Float64Array(0),
    inStock: new Uint8Array(0),
    /** -1: none. */
    brand: new Int32Array(0),
    path: new Int32Array(0),
    /** Attribute values of each product, as numbers of pairs. */
    pairs: createRows(),
    brands: [] as string[],
    categories: [] as Category[],
    /** Category numbers from the root down. */
    paths: [] as number[][],
    pairName: [] as number[],
    pairValue: [] as string[],
    /** The number that the value begins with; NaN: none. */
    pairAmount: [] as number[],
    names: [] as string[],

    numberOf: (productId: string) => numbers.get(productId),
    brandOf: (brand: string) => brandNumbers.get(brand),
    categoryOf: (id: string) => categoryNumbers.get(id),
    pairOf: (name: string, value: string) => pairNumbers.get(`${name}\u0000${value}`),
    nameOf: (name: string) => nameNumbers.get(name),
    offersIn: (currencyCode: string) => offers.get(currencyCode),
    put,
    setPrice,
    setStock,
    setUnits,
    /** Products with this SKU, whatever its case. */
    withSku: (sku: string) => (folded.get(sku.toLowerCase()) ?? []).flatMap((one) => owners[one] ?? []),
    bytes,
  }

  /** Takes in what is not text. Null when what is known is as new; otherwise the product's number and whether it was known. */
  function put(document: SearchDocument): { product: number; isNew: boolean } | null {
    const known = numbers.get(document.productId)
    if (known !== undefined && (self.version[known] as number) >= document.version) return null
    const product = known ?? self.ids.length
    if (known === undefined) {
      numbers.set(document.productId, product)
      self.ids.push(document.productId)
      grow(product + 1)
    }
    self.titles[product] = document.title
    self.version[product] = document.version
    self.createdAt[product] = Date.parse(document.createdAt) || 0
    self.newness[product] = newness(self.createdAt[product] as number)
    self.brand[product] = document.brand ? interned(document.brand, brandNumbers, self.brands) : NONE
    self.path[product] = pathOf(document)
    basePopularity[product] = Number.isFinite(document.popularity) ? document.popularity : 0
    setPopularity(product, document.productId)
    const pairs = new Set(document.attributes.map(({ name, value }) => pairNumber(name, value)))
    self.pairs.set(product, [...pairs])
    const rating = document.attributes.find(({ name }) => name.toLowerCase() === 'rating')
    self.rating[product] = rating ? amountOf(rating.value) : Number.NaN
    own(
      product,
      document.variants.map(({ sku }) => skuNumber(sku)),
    )
    refresh(product)
    return { product, isNew: known === undefined }
  }

  let basePopularity = new Float64Array(0)
  let soldUnit = 1

  function grow(size: number): void {
    self.version = grown(self.version, size)
    self.popularity = grown(self.popularity, size)
    basePopularity = grown(basePopularity, size)
    self.createdAt = grown(self.createdAt, size)
    self.popular = grown(self.popular, size)
    self.newness = grown(self.newness, size)
    self.rating = grown(self.rating, size, Number.NaN)
    self.inStock = grown(self.inStock, size)
    self.brand = grown(self.brand, size, NONE)
    self.path = grown(self.path, size, NONE)
    for (const one of offers.values()) {
      one.price = grown(one.price, size, Number.NaN)
      one.onSale = grown(one.onSale, size)
    }
  }

  function pathOf({ categories, updatedAt }: SearchDocument): number {
    if (categories.length === 0) return NONE
    let parent = NONE
    const path = categories.map(({ id, slug, name }) => {
      const known = categoryNumbers.get(id)
      const number = known ?? self.categories.length
      if (known === undefined) categoryNumbers.set(id, number)
      if (known === undefined || (self.categories[known] as Category).updatedAt <= updatedAt) {
        self.categories[number] = { id, slug, name, parent, updatedAt }
      }
      parent = number
      return number
    })
    const key = path.join(' ')
    const known = pathNumbers.get(key)
    if (known !== undefined) return known
    pathNumbers.set(key, self.paths.length)
    return self.paths.push(path) - 1
  }

  function pairNumber(name: string, value: string): number {
    const key = `${name}\u0000${value}`
    const known = pairNumbers.get(key)
    if (known !== undefined) return known
    pairNumbers.set(key, self.pairName.length)
    self.pairName.push(interned(name, nameNumbers, self.names))
    self.pairAmount.push(amountOf(value))
    return self.pairValue.push(value) - 1
  }

  function skuNumber(sku: string): number {
    const known = skuNumbers.get(sku)
    if (known !== undefined) return known
    const number = skuCurrency.length
    skuNumbers.set(sku, number)
    skuCurrency.push(null)
    owners.push([])
    const same = folded.get(sku.toLowerCase())
    if (same) same.push(number)
    else folded.set(sku.toLowerCase(), [number])
    skuPrice = grown(skuPrice, number + 1)
    skuCompareAt = grown(skuCompareAt, number + 1)
    skuPriceVersion = grown(skuPriceVersion, number + 1, NONE)
    skuStockVersion = grown(skuStockVersion, number + 1, NONE)
    skuSellable = grown(skuSellable, number + 1)
    return number
  }

  function own(product: number, skus: readonly number[]): void {
    const [segment, start] = [skusOf.segment(product), skusOf.start(product)]
    for (let n = 0; n < skusOf.length(product); n++) {
      const sku = segment[start + n] as number
      owners[sku] = (owners[sku] as number[]).filter((one) => one !== product)
    }
    const distinct = [...new Set(skus)]
    for (const sku of distinct) owners[sku]?.push(product)
    skusOf.set(product, distinct)
  }

  function setPrice({ sku, version, money }: PriceChange): void {
    const number = skuNumber(sku)
    if ((skuPriceVersion[number] as number) >= version) return
    skuPriceVersion[number] = version
    skuCurrency[number] = money?.currencyCode ?? null
    skuPrice[number] = money?.minorUnits ?? Number.NaN
    skuCompareAt[number] = money?.compareAtMinorUnits ?? Number.NaN
    for (const product of owners[number] as number[]) refresh(product)
  }

  function setStock({ sku, version, sellable }: StockChange): void {
    const number = skuNumber(sku)
    if ((skuStockVersion[number] as number) >= version) return
    skuStockVersion[number] = version
    skuSellable[number] = sellable ? 1 : 0
    for (const product of owners[number] as number[]) refresh(product)
  }

  function setUnits(productId: string, sold: number, unit: number): void {
    soldUnit = unit
    units.set(productId, sold)
    const product = numbers.get(productId)
    if (product !== undefined) setPopularity(product, productId)
  }

  function setPopularity(product: number, productId: string): void {
    const popularity = (basePopularity[product] as number) + (units.get(productId) ?? 0) * soldUnit
    self.popularity[product] = popularity
    self.popular[product] = popularityShare(popularity)
  }

  /** Derives what a product costs and whether it can be bought from its SKUs. */
  function refresh(product: number): void {
    for (const one of offers.values()) {
      one.price[product] = Number.NaN
      one.onSale[product] = 0
    }
    let isSellable = 0
    const [segment, start] = [skusOf.segment(product), skusOf.start(product)]
    for (let n = 0; n < skusOf.length(product); n++) {
      const sku = segment[start + n] as number
      if (skuSellable[sku] === 1) isSellable = 1
      const currency = skuCurrency[sku]
      if (!currency) continue
      let known = offers.get(currency)
      if (!known) {
        const size = self.version.length
        known = { price: new Float64Array(size).fill(Number.NaN), onSale: new Uint8Array(size) }
        offers.set(currency, known)
      }
      const price = skuPrice[sku] as number
      if (!((known.price[product] as number) <= price)) known.price[product] = price
      if (price < (skuCompareAt[sku] as number)) known.onSale[product] = 1
    }
    self.inStock[product] = isSellable
  }

  function bytes(): number {
    const perProduct = 7 * 8 + 1 + 4 + 4 + offers.size * 9
    return self.version.length * perProduct + skuPrice.length * (4 * 8 + 1) + self.pairs.bytes() + skusOf.bytes()
  }

  return self
}

function interned(text: string, numbers: Map<string, number>, texts: string[]): number {
  const known = numbers.get(text)
  if (known !== undefined) return known
  numbers.set(text, texts.length)
  return texts.push(text) - 1
}

/** The number that a value begins with; NaN: none. */
function amountOf(value: string): number {
  const found = /^\s*-?\d+(?:\.\d+)?/.exec(value)
  return found ? Number(found[0]) : Number.NaN
}
