import { changeKinds } from './api-changes.ts'
import { hazardKinds } from './federation/hazard.ts'
import { lintRules } from './lint/rules.ts'

/**
 * The rules that the policy may give another outcome. Those whose outcome nothing changes, such as what does not compose or an operation
 * that was never valid, are not among them.
 */
export const rules: ReadonlySet<string> = new Set([
  ...changeKinds,
  ...hazardKinds,
  ...lintRules.map(({ name }) => `lint/${name}`),
  'CONTRACT_REMOVED',
  'DEPRECATION_WITHOUT_SUNSET',
  'DEPRECATION_OVERDUE',
  'DEPRECATION_UNUSED',
  'PLAN_REGRESSION',
  'PLAN_LOST',
])
