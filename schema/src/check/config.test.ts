import { expect, test } from 'vitest'
import { configOf } from './testing.ts'

test.each([
  'FIELD_REMOVED',
  'FIELD_ARGUMENT_TYPE_CHANGED',
  'INPUT_ONE_OF_ADDED',
  'KEY_REMOVED',
  'REQUIRES_CHANGED',
  'FIELD_MOVED_PROGRESSIVELY',
  'CONTRACT_REMOVED',
  'DEPRECATION_WITHOUT_SUNSET',
  'DEPRECATION_OVERDUE',
  'DEPRECATION_UNUSED',
  'PLAN_REGRESSION',
  'PLAN_LOST',
  'lint/naming',
  'lint/foreign-nullability',
])('the policy may give %s another outcome', (rule) => {
  expect(configOf(`policy: { rules: { ${rule}: warn } }`).policy.rules).toEqual({ [rule]: 'warn' })
})

test.each([
  'FIELD_REMOVEDD',
  'naming',
  'lint/names',
  'constructor',
  // These are rules, but nothing changes what they do.
  'OPERATION_NOT_VALID',
  'CONTRACT_NOT_VALID',
  'SUPERGRAPH_NOT_SERVED',
  'APPROVAL_EXPIRED',
  'lint/baseline',
  'DIRECTIVE_USAGE_FIELD_ADDED',
])('a policy for %s, which it would not change, is refused', (rule) => {
  expect(() => configOf(`policy: { rules: { ${rule}: warn } }`)).toThrow(
    `checks.yaml: policy.rules.${rule} is not known: expected a rule whose outcome may be changed, such as FIELD_REMOVED or lint/naming.`,
  )
})

test('an outcome that is none says what was expected and what is there', () => {
  expect(() => configOf('policy: { rules: { FIELD_REMOVED: maybe } }')).toThrow(
    'checks.yaml: policy.rules.FIELD_REMOVED: expected fail, warn or allow, got "maybe".',
  )
})
