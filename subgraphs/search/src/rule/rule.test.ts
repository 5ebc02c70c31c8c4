import { encodeId } from '@commerce/service/ids.ts'
import { expect, test } from 'vitest'
import { applying, combined, ruleBook } from './applying.ts'
import { isSameRule, type Rule, type RuleWish, ruleFrom } from './rule.ts'

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const id = (n: number): string => encodeId('Product', uuid(n))
const wish: RuleWish = {
  code: 'sale',
  queries: [],
  match: 'EXACT',
  categorySlugs: [],
  pins: [id(1)],
  buried: [],
  boosts: [],
  priority: 0,
  active: true,
}

function ruleOf(changes: Partial<RuleWish>): Rule {
  const checked = ruleFrom({ ...wish, ...changes }, 'USD')
  if ('refusal' in checked) throw new Error(checked.refusal.message)
  return { ...checked.rule, version: 1 }
}

function codes(
  rules: Partial<RuleWish>[],
  asked: { query?: string; categorySlugs?: string[]; now?: number },
): string[] {
  const book = ruleBook(rules.map(ruleOf), 'USD')
  return applying(book, { query: '', categorySlugs: [], now: 0, ...asked }).map(({ rule }) => rule.code)
}

test.each<[string, Partial<RuleWish>, string]>([
  ['INVALID_CODE', { code: 'a b' }, 'got "a b"'],
  ['INVALID_NOTE', { note: 'x'.repeat(501) }, '500'],
  ['INVALID_QUERY', { queries: ['ok', '!!!'] }, 'got "!!!"'],
  ['INVALID_QUERY', { queries: ['a\0b'] }, 'letter or digit'],
  ['INVALID_CATEGORY', { categorySlugs: [''] }, '1 to 200'],
  ['INVALID_PRODUCT', { pins: ['x'] }, '"x" is not the id of a product'],
  ['INVALID_PRODUCT', { pins: [id(1)], buried: [id(1)] }, 'stands there twice'],
  ['INVALID_BOOST', { boosts: [{ factor: 2 }] }, 'one of them'],
  ['INVALID_BOOST', { boosts: [{ factor: 11, productIds: [id(1)] }] }, '0.1 to 10, got 11'],
  ['INVALID_BOOST', { boosts: [{ factor: 2, filters: { priceMin: '1.234' } }] }, 'boosts.0.filters: filters.priceMin'],
  ['INVALID_REDIRECT', { queries: ['sale'], redirect: 'http://example.com' }, 'https address'],
  ['INVALID_REDIRECT', { queries: ['sale'], redirect: '//example.com' }, 'https address'],
  ['INVALID_REDIRECT', { queries: ['sale'], redirect: 'javascript:alert(1)' }, 'https address'],
  ['INVALID_REDIRECT', { redirect: '/sale' }, 'needs `queries`'],
  ['INVALID_PRIORITY', { priority: 1_001 }, 'got 1001'],
  ['INVALID_PERIOD', { from: new Date(2), until: new Date(2) }, 'not later'],
  ['NO_EFFECT', { pins: [] }, 'neither pins'],
])('%s: %o is refused', (code, changes, message) => {
  const checked = ruleFrom({ ...wish, ...changes }, 'USD')
  const { refusal } = checked as { refusal: { code: string; field: string[]; message: string } }
  expect(refusal.code).toBe(code)
  expect(`${refusal.field.join('.')}: ${refusal.message}`).toContain(message)
})

test('a query is compared by its words, whatever their case, accents and symbols', () => {
  const rules = [{ code: 'exact', queries: ['Café crème'] }]
  expect(codes(rules, { query: ' cafe-CREME! ' })).toEqual(['exact'])
  expect(codes(rules, { query: 'cafe creme xl' })).toEqual([])
  expect(codes(rules, { query: '' })).toEqual([])
  const loose = [{ code: 'all words', queries: ['creme cafe'], match: 'CONTAINS' as const }].map((rule) => ({
    ...rule,
    code: 'loose',
  }))
  expect(codes(loose, { query: 'xl cafe with creme' })).toEqual(['loose'])
  expect(codes(loose, { query: 'cafe' })).toEqual([])
})

test('a category, a schedule and a switch decide when a rule applies', () => {
  expect(codes([{ categorySlugs: ['mugs'] }], { categorySlugs: ['cups', 'mugs'] })).toEqual(['sale'])
  expect(codes([{ categorySlugs: ['mugs'] }], {})).toEqual([])
  expect(codes([{ categorySlugs: ['mugs'], queries: ['x'] }], { categorySlugs: ['mugs'] })).toEqual([])
  const scheduled = [{ from: new Date(10), until: new Date(20) }]
  expect([9, 10, 19, 20].map((now) => codes(scheduled, { now }).length)).toEqual([0, 1, 1, 0])
  expect(codes([{ active: false }], {})).toEqual([])
})

test('the higher priority goes first, and what the first says about a product counts', () => {
  const rules = [
    { code: 'b', pins: [id(1), id(2)], buried: [id(3)], queries: ['x'], redirect: '/b' },
    { code: 'a', pins: [id(4)], buried: [id(1)], queries: ['x'], redirect: '/a' },
    { code: 'c', pins: [id(3)], priority: 1 },
  ].map(ruleOf)
  const applied = applying(ruleBook(rules, 'USD'), { query: 'x', categorySlugs: [], now: 0 })
  expect(applied.map(({ rule }) => rule.code)).toEqual(['c', 'a', 'b'])
  const { rules: said, redirect } = combined(applied)
  expect([said.pins, said.buried, redirect]).toEqual([[uuid(3), uuid(4), uuid(2)], [uuid(1)], '/a'])
})

test('the same rule is the same however the database orders the fields of its boosts', () => {
  const boosts = [{ factor: 2, filters: { brands: ['Acme'], inStock: true } }]
  const rule = ruleOf({ boosts })
  const kept = { ...rule, boosts: [{ filters: { inStock: true, brands: ['Acme'] }, productIds: [], factor: 2 }] }
  expect(isSameRule(kept, rule)).toBe(true)
  expect(isSameRule({ ...kept, priority: 2 }, rule)).toBe(false)
})
