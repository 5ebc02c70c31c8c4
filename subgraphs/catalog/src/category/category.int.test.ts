import { statementsOf } from '@commerce/local/statements.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../test/database.ts'
import { startCatalog, TABLES, type TestCatalog } from '../../test/harness.ts'

let catalog: TestCatalog
beforeAll(async () => {
  catalog = await startCatalog()
})

const UPSERT = `mutation ($input: ProductUpsertInput!) { productUpsert(input: $input) {
  product { id category { id name } } userErrors { code field } } }`
const upsert = async (input: object) => (await catalog.ask(UPSERT, { input })).productUpsert
const roots = async (): Promise<string[]> =>
  (await catalog.ask('{ categories { name } }')).categories.map(({ name }: { name: string }) => name)

describe('a category', () => {
  it('is not left behind by an upsert that is refused', async () => {
    await upsert({ title: 'Lamp', variants: [{ sku: 'LAMP' }] })
    const refused = [
      await upsert({ slug: 'lamp', categoryPath: ['Left'], expectedVersion: 7 }),
      await upsert({ slug: 'new', categoryPath: ['Left'] }),
      await upsert({ slug: 'new', title: 'New', categoryPath: ['Left'], variants: [{ sku: 'LAMP' }] }),
    ]
    expect(refused.map(({ userErrors }) => userErrors[0].code)).toEqual(['VERSION_CONFLICT', 'INVALID', 'SKU_TAKEN'])
    expect(await roots()).toEqual([])
  })

  it('is found whatever the case and white space of its name, and keeps the name it was made with', async () => {
    const first = await upsert({ slug: 'lamp', categoryPath: ['Audio', ' Head  phones'] })
    const second = await upsert({
      slug: 'radio',
      title: 'Radio',
      categoryPath: [' audio', 'HEAD PHONES'],
      variants: [{ sku: 'RADIO' }],
    })
    expect(second.product.category).toEqual(first.product.category)
    expect(first.product.category.name).toBe('Head phones')
    expect(await roots()).toEqual(['Audio'])
  })

  it('that was looked for in vain is found once it is there', async () => {
    const query = '{ category(slug: "late") { name ancestors { name } } }'
    expect((await catalog.ask(query)).category).toBeNull()
    await upsert({ slug: 'lamp', categoryPath: ['Audio', 'Late'] })
    expect((await catalog.ask(query)).category).toEqual({ name: 'Late', ancestors: [{ name: 'Audio' }] })
  })

  it('has at most 500 children', async () => {
    const database = openDatabase(catalog)
    await database.$executeRawUnsafe(`insert into category (id, parent_id, slug, name, path, created_at)
      select gen_random_uuid(), id, 'many-' || n, 'Many ' || n, 'many ' || n, now()
      from category, generate_series(1, 501) n where slug = 'late'`)
    const { category } = await catalog.ask('{ category(slug: "late") { children { name } } }')
    expect(category.children).toHaveLength(500)
  })
})

describe('the database', () => {
  it('is not asked for a product page that was shown before', async () => {
    const page = () =>
      catalog.ask(`{ product(slug: "radio") { id title category { name parent { name } ancestors { name slug } }
        priceRange { min { amount } } variants { nodes { sku price { money { amount } } product { id } } } } }`)
    await page()
    expect(await statementsOf(TABLES, page)).toEqual([])
  })

  it('is asked once for the branches of all categories of a menu', async () => {
    for (const name of ['One', 'Two', 'Three']) {
      await upsert({ title: name, categoryPath: [name, 'Below'], variants: [{ sku: name }] })
    }
    const menu = () => catalog.ask('{ categories { name products(first: 4) { nodes { id } } } }')
    const statements = await statementsOf(TABLES, menu)
    expect(statements.filter((text) => text.includes('with recursive'))).toHaveLength(1)
  })
})
