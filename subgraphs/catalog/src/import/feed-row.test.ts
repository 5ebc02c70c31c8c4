import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRow } from './feed-row.ts'
import { isGtin, readDetailCell, readFeedPrice } from './feed-values.ts'
import { rowProblems } from './rows.ts'

const read = (record: Record<string, unknown>, currency: string | null = null) => readRow(record, { currency })
const fields = (record: Record<string, unknown>) => read(record).errors.map(({ field }) => field)
const row = { id: 'A-1', title: 'A thing' }

describe('a feed row', () => {
  it('becomes a product with its SKU, price, category, pictures and attributes', () => {
    const { product, errors } = read({
      id: ' A-1 ',
      title: 'Trail  Shoe',
      description: 'Light.\r\nQuick.',
      brand: 'Tarn',
      product_type: 'Shoes >  Running',
      price: '120.00 USD',
      sale_price: '99.50 USD',
      image_link: 'https://images.example/a.jpg',
      additional_image_link: 'https://images.example/b.jpg, https://images.example/a.jpg',
      color: 'Red',
      gender: 'female',
      product_detail: [
        { section_name: 'General', attribute_name: 'drop', attribute_value: 6 },
        { attribute_name: 'Color', attribute_value: 'Crimson' },
      ],
      gtin: '4006381333931',
      condition: 'new',
      custom_number_0: 17,
      availability: 'in_stock',
    })
    expect(errors).toEqual([])
    expect(product).toEqual({
      sku: 'A-1',
      title: 'Trail Shoe',
      description: 'Light.\nQuick.',
      brand: 'Tarn',
      categoryPath: ['Shoes', 'Running'],
      price: { amount: '99.50', currencyCode: 'USD', compareAt: '120.00' },
      media: [
        { url: 'https://images.example/a.jpg', alt: 'Trail Shoe' },
        { url: 'https://images.example/b.jpg', alt: 'Trail Shoe' },
      ],
      attributes: [
        { name: 'drop', value: '6' },
        { name: 'Color', value: 'Crimson, Red' },
        { name: 'Gender', value: 'female' },
      ],
      groupKey: null,
      options: [],
      gtin: '4006381333931',
      mpn: null,
      condition: 'new',
      popularity: 17,
    })
  })

  it('is wrong when its id cannot be a SKU', () => {
    expect(fields({ ...row, id: 'A\u0085B' })).toEqual(['id'])
    expect(fields({ ...row, id: 'x'.repeat(200) })).toEqual([])
  })

  it('has color and size as options when it belongs to a group', () => {
    const { product } = read({ ...row, item_group_id: 'A', color: 'Red', size: 'M' })
    expect(product).toMatchObject({
      groupKey: 'A',
      attributes: [],
      options: [
        { name: 'Color', value: 'Red' },
        { name: 'Size', value: 'M' },
      ],
    })
  })

  it.each([null, '', undefined])('without a price (%s) is a product that cannot be bought', (price) => {
    expect(read({ ...row, price })).toMatchObject({ errors: [], product: { price: null } })
  })

  it.each([{ title: 'no id' }, { id: 'no title' }, { id: '', title: ' ' }, { id: {}, title: [] }])(
    'is of no use without id and title: %j',
    (record) => {
      expect(read(record)).toMatchObject({ product: null })
      expect(read(record).errors).not.toEqual([])
    },
  )

  it.each([
    [{ price: '49.99' }, 'price'],
    [{ price: 'free' }, 'price'],
    [{ price: '-5 USD' }, 'price'],
    [{ price: '5.999 USD' }, 'price'],
    [{ price: { amount: 5 } }, 'price'],
    [{ price: '5 USD', sale_price: '6 USD' }, 'sale_price'],
    [{ price: '5 USD', sale_price: '4 EUR' }, 'sale_price'],
    [{ sale_price: '4 USD' }, 'sale_price'],
    [{ image_link: 'javascript:alert(1)' }, 'image_link'],
    [{ image_link: 42 }, 'image_link'],
    [{ brand: 'x'.repeat(101) }, 'brand'],
    [{ brand: 'a\u0000b' }, 'brand'],
    [{ description: '\uD800' }, 'description'],
    [{ product_type: 'A > > B' }, 'product_type'],
    [{ gtin: '4006381333932' }, 'gtin'],
    [{ condition: 'shiny' }, 'condition'],
    [{ custom_number_0: -1 }, 'custom_number_0'],
    [{ product_detail: [{ attribute_name: 'x' }] }, 'product_detail'],
    [{ product_detail: 'nonsense' }, 'product_detail'],
  ])('with %j is wrong in that field only, and the rest of it is usable', (wrong, field) => {
    expect(fields({ ...row, ...wrong })).toEqual([field])
    expect(read({ ...row, ...wrong }).product).toMatchObject({ sku: 'A-1', title: 'A thing' })
  })

  it('says what was expected and what was there', () => {
    expect(read({ ...row, price: '12 cents' }).errors[0]).toEqual({
      field: 'price',
      expected: 'an amount with its currency such as "49.99 USD" (or name a currency for all with --currency)',
      got: '"12 cents"',
    })
  })

  it('takes the currency of the import when its price names none', () => {
    expect(read({ ...row, price: 49.5 }, 'EUR').product?.price).toEqual({ amount: '49.5', currencyCode: 'EUR' })
  })

  it('keeps its regular price when the sale price has dates, and says so', () => {
    const read = readRow(
      { ...row, price: '9 USD', sale_price: '5 USD', sale_price_effective_date: '2026-01-01/2026-02-01' },
      { currency: null },
    )
    expect(read).toMatchObject({ errors: [], product: { price: { amount: '9' } } })
    expect(read.notes).toHaveLength(1)
  })

  it('is read without a failure whatever it holds, and what is usable of it passes the rules of the catalog', () => {
    const names = 'id title description brand product_type price sale_price image_link additional_image_link color size'
    const more = 'item_group_id gtin mpn condition product_detail custom_number_0 google_product_category __proto__'
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.anything(),
      fc.constantFrom('1 USD', '2 USD', 'https://a.example', 'A > B', 'a:b:c', 'new', '17'),
    )
    const record = fc.dictionary(fc.constantFrom(...`${names} ${more}`.split(' ')), value)
    fc.assert(
      fc.property(record, (hostile) => {
        const { product } = read({ id: 'x', title: 'y', ...hostile })
        if (product) expect(rowProblems(product)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('values', () => {
  it.each([
    ['49.99 USD', '49.99', 'USD'],
    ['USD 49.99', '49.99', 'USD'],
    ['1,299.00 USD', '1299.00', 'USD'],
    ['49,9 EUR', '49.9', 'EUR'],
    ['500JPY', '500', 'JPY'],
  ])('reads the price %s', (text, amount, currencyCode) => {
    expect(readFeedPrice(text, null)).toEqual({ amount, currencyCode })
  })

  it.each(['', 'USD', '1.2.3 USD', '1 usd', '1 USD EUR', 'USD 1 USD', '1e3 USD', '1,2345 USD', '٣ USD'])(
    'reads no price in "%s"',
    (text) => {
      expect(readFeedPrice(text, null)).toBeNull()
    },
  )

  it('reads details out of a cell, with escaped and bare commas', () => {
    expect(readDetailCell('General:Type:Player,Size:Height:4\\,5 cm, flat,:Note:a\\:b:c')).toEqual([
      { name: 'Type', value: 'Player' },
      { name: 'Height', value: '4,5 cm, flat' },
      { name: 'Note', value: 'a:b:c' },
    ])
    expect(readDetailCell('Weight:20 g')).toEqual([{ name: 'Weight', value: '20 g' }])
    expect(readDetailCell('just words')).toBeNull()
  })

  it('knows a trade item number by its check digit', () => {
    expect(['4006381333931', '036000291452', '96385074'].every(isGtin)).toBe(true)
    expect(['4006381333930', '123', '40063813339AB', ''].some(isGtin)).toBe(false)
  })
})
