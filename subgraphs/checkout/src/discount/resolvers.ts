import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import { encodeId, uuidFrom } from '@commerce/service/ids.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { CheckoutContext } from '../context.ts'
import { type MoneyInput, moneyFrom } from '../money-input.ts'
import { percentOf, READ_SCOPE, WRITE_SCOPE } from '../staff.ts'
import { codeFrom, type Promotion, type PromotionRule } from './promotion.ts'
import type { PromotionPosition } from './repository.ts'
import type { PromotionAnswer } from './service.ts'

interface SetArguments {
  input: {
    id?: string | null
    expectedVersion?: number | null
    title: string
    code?: string | null
    rule: {
      percentage?: { percent: string } | null
      amount?: { off: MoneyInput } | null
      buyXGetY?: { buy: number; get: number; percent: string } | null
      freeShipping?: boolean | null
    }
    skus: string[]
    minimum?: MoneyInput | null
    startsAt?: Date | null
    endsAt?: Date | null
    stacking: 'EXCLUSIVE' | 'STACKS'
    priority: number
    usageLimit?: number | null
    usageLimitPerCustomer?: number | null
  }
}

type Rule<I extends PromotionRule['is']> = PromotionRule & { is: I }

const TYPES: Record<PromotionRule['is'], string> = {
  percentage: 'PercentageOff',
  amount: 'AmountOff',
  buyXGetY: 'BuyXGetY',
  freeShipping: 'FreeShipping',
}

/** Promotions in GraphQL, for staff. */
export const promotionResolvers: Resolvers = {
  Query: {
    async promotions(
      _: unknown,
      { code, ...args }: PageArguments & { code?: string | null },
      context: CheckoutContext,
    ) {
      requireScope(context.viewer, READ_SCOPE)
      const page = pageFrom(args)
      const toCursor = ({ createdAt, id }: PromotionPosition) => [createdAt.toISOString(), id]
      if (code == null) {
        const position = page.position && positionFrom(page.position)
        return toConnection(await context.promotions.page({ ...page, position }), page, toCursor)
      }
      const found = await context.promotions.ofCode(codeFrom(code) ?? '')
      return toConnection(found ? [{ ...found, createdAt: found.startsAt }] : [], page, toCursor)
    },
  },
  Mutation: {
    async promotionSet(_: unknown, { input }: SetArguments, { promotions, viewer }: CheckoutContext) {
      requireScope(viewer, WRITE_SCOPE)
      const { id, expectedVersion, rule, minimum, startsAt, stacking, ...wish } = input
      const answer = await promotions.set(id == null ? undefined : uuidFrom(id, 'Promotion'), expectedVersion ?? null, {
        title: wish.title,
        code: wish.code ?? null,
        rule: { ...rule, amount: rule.amount && { off: moneyFrom('rule.amount.off', rule.amount.off) } },
        skus: wish.skus,
        minimum: minimum ? moneyFrom('minimum', minimum) : null,
        startsAt: startsAt ?? new Date(),
        endsAt: wish.endsAt ?? null,
        stacking: stacking === 'EXCLUSIVE' ? 'exclusive' : 'stacks',
        priority: wish.priority,
        usageLimit: wish.usageLimit ?? null,
        usageLimitPerCustomer: wish.usageLimitPerCustomer ?? null,
      })
      return payload(answer)
    },
    async promotionEnd(
      _: unknown,
      { input }: { input: { id: string; expectedVersion?: number | null } },
      { promotions, viewer }: CheckoutContext,
    ) {
      requireScope(viewer, WRITE_SCOPE)
      return payload(await promotions.end(uuidFrom(input.id, 'Promotion'), input.expectedVersion ?? null))
    },
  },
  Promotion: {
    id: ({ id }: Promotion) => encodeId('Promotion', id),
    stacking: ({ stacking }: Promotion) => stacking.toUpperCase(),
  },
  PromotionRule: { __resolveType: ({ is }: PromotionRule) => TYPES[is] },
  PercentageOff: { percent: ({ ppm }: Rule<'percentage'>) => percentOf(ppm) },
  AmountOff: { off: ({ minorUnits, currencyCode }: Rule<'amount'>) => ({ minorUnits, currencyCode }) },
  BuyXGetY: { percent: ({ ppm }: Rule<'buyXGetY'>) => percentOf(ppm) },
  FreeShipping: { paysDelivery: () => true },
}

function payload({ promotion, faults }: PromotionAnswer) {
  return { promotion, userErrors: faults, warnings: [] }
}

function positionFrom([createdAt = '', id = '']: readonly string[]): PromotionPosition {
  const date = new Date(createdAt)
  if (!Number.isNaN(date.getTime()) && uuidFrom(encodeId('Promotion', id), 'Promotion')) return { createdAt: date, id }
  throw new GraphQLError('The cursor is not one of a list of promotions.', { extensions: { code: 'BAD_USER_INPUT' } })
}
