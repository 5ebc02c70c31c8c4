import type { Contract } from '@commerce/gateway/supergraph/contracts.ts'
import { parse } from 'yaml'
import { z } from 'zod'
import { rules } from './rules.ts'

const outcome = z.enum(['fail', 'warn', 'allow'], {
  error: ({ input }) => `expected fail, warn or allow, got ${JSON.stringify(input)}`,
})

const schema = z.strictObject({
  clients: z
    .record(z.string(), z.strictObject({ contract: z.string().optional(), exhaustive: z.boolean().default(false) }))
    .default({}),
  policy: z
    .strictObject({
      unusedBreaking: outcome.default('warn'),
      dangerous: outcome.default('warn'),
      deprecation: outcome.default('fail'),
      plan: outcome.default('fail'),
      lint: outcome.default('fail'),
      rules: z.record(z.string(), outcome).default({}),
    })
    .prefault({}),
})

/** What a finding does to the check: `fail` it, be told as a warning, or only be listed. */
export type Outcome = z.infer<typeof outcome>
export type CheckConfig = z.infer<typeof schema>

/** The configuration of the checks from YAML. Throws one sentence that names the key and what was expected. */
export function readConfig(text: string, file: string): CheckConfig {
  const { success, data, error } = schema.safeParse(parseYaml(text, file) ?? {})
  if (!success) throw new Error(`${file}: ${firstIssue(error)}.`)
  refuseUnknownRules(data, file)
  return data
}

/** A rule that is written wrong would be passed over, and its findings keep the outcome that they have. */
function refuseUnknownRules({ policy }: CheckConfig, file: string): void {
  const unknown = Object.keys(policy.rules).find((rule) => !rules.has(rule))
  if (unknown === undefined) return
  const expected = 'expected a rule whose outcome may be changed, such as FIELD_REMOVED or lint/naming'
  throw new Error(`${file}: policy.rules.${unknown} is not known: ${expected}.`)
}

/** Throws one sentence when a client is said to use a contract that the list of subgraphs does not have. */
export function refuseUnknownContracts({ clients }: CheckConfig, contracts: readonly Contract[], file: string): void {
  for (const [client, { contract }] of Object.entries(clients)) {
    if (contract === undefined || contracts.some(({ name }) => name === contract)) continue
    throw new Error(`${file}: clients.${client}.contract is "${contract}", which is not one of the list's contracts.`)
  }
}

/** YAML as plain data. Throws one sentence with line and column. */
export function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw new Error(`${file} is not YAML: ${(error as Error).message.split('\n', 1)[0]?.replace(/:$/, '')}.`)
  }
}

/** What is wrong first, with the path to it. */
export function firstIssue({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.join('.')
  return path ? `${path}: ${issue?.message}` : (issue?.message ?? 'is not valid')
}
