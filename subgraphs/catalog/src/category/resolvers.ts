import { type PageArguments, pageFrom } from '@commerce/service/connection.ts'
import { encodeId, uuidFrom } from '@commerce/service/ids.ts'
import type { Context } from '../context.ts'
import { exactlyOne } from '../input.ts'
import { type FilterInput, productPage, type SortInput } from '../listing/resolvers.ts'
import type { CategoryState } from './category.ts'

interface ListArguments extends PageArguments {
  filter?: FilterInput | null
  sort?: SortInput | null
}

export const categoryQueries = {
  category(_: unknown, { id, slug }: { id?: string | null; slug?: string | null }, context: Context) {
    exactlyOne('`id` and `slug`', id, slug)
    if (id == null) return context.loaders.categorySlug.load(slug ?? '')
    return byId(context, id)
  },
  categories: (_: unknown, __: unknown, { loaders }: Context) => loaders.children.load(''),
}

export const categoryTypes = {
  Category: {
    __resolveReference: ({ id }: { id: string }, context: Context) => byId(context, id),
    id: ({ id }: CategoryState) => encodeId('Category', id),
    parent: ({ parentId }: CategoryState, _: unknown, { loaders }: Context) =>
      parentId && loaders.category.load(parentId),
    children: ({ id }: CategoryState, _: unknown, { loaders }: Context) => loaders.children.load(id),
    ancestors: async ({ id }: CategoryState, _: unknown, { loaders }: Context) =>
      (await loaders.chain.load(id))?.slice(0, -1) ?? [],
    products({ id }: CategoryState, { filter, sort, ...page }: ListArguments, context: Context) {
      return productPage(context, { categoryId: id }, filter ?? {}, sort, pageFrom(page))
    },
  },
}

function byId({ loaders }: Context, id: string): Promise<CategoryState | null> | null {
  const uuid = uuidFrom(id, 'Category')
  return uuid === null ? null : loaders.category.load(uuid)
}
