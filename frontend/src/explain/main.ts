import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gatewayDefaults } from '@commerce/gateway/config.ts'
import { readApi, runCommand, supergraphFile, UsageError } from '../api.ts'
import { type Explained, explain } from './explain.ts'

const HELP = `Usage: npm run explain -- <operation file or text> [options]

Tells what the gateway makes of an operation, without running it: its estimated cost, the requests to subgraphs and which
wait for which, who owns the fields that it asks for, what of it is deprecated, and the plan.
  --variables <json>   values that count for the cost, such as {"first":100}
  --json               the same for programs
  --supergraph <file>  on which supergraph (default schema/supergraph.graphql)
  --help               this text
Exit code 1 when the operation is not valid, 2 for a wrong option.`

await runCommand(() => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      variables: { type: 'string', default: '{}' },
      json: { type: 'boolean', default: false },
      supergraph: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return console.log(HELP)
  const [given, ...others] = positionals
  if (given === undefined || others.length > 0)
    throw new UsageError('One operation is explained: a file, or its text in quotes')
  const api = readApi(values.supergraph === undefined ? supergraphFile : resolve(values.supergraph))
  const { listSize, mutationCost: mutation, cost } = gatewayDefaults.limits
  const explained = explain(api, textOf(given), { listSize, mutation, variables: variablesOf(values.variables) })
  if (values.json) console.log(JSON.stringify(explained, null, 2))
  else for (const one of explained) console.log(told(one, cost))
})

function textOf(given: string): string {
  if (existsSync(given)) return readFileSync(given, 'utf8')
  if (/[{\s]/.test(given)) return given
  throw new Error(`There is no file "${given}".`)
}

function variablesOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Told below, as what is JSON and no object.
  }
  throw new UsageError(`--variables takes a JSON object, not ${json.slice(0, 100)}`)
}

function told({ operation, type, cost, fetches, steps, owners, deprecated, plan }: Explained, allowed: number): string {
  const list = (entries: [string, string][]) => entries.map(([left, right]) => `  ${left.padEnd(40)} ${right}`)
  return [
    `${type} ${operation}`,
    `cost: ${cost} (of ${allowed} that one operation may have)`,
    `requests: ${fetches.length} in ${steps} ${steps === 1 ? 'step' : 'steps'}`,
    ...fetches.map(({ step, subgraph, path }) => `  ${step}. ${subgraph}${path ? ` for ${path}` : ''}`),
    'fields and their owners:',
    ...list(Object.entries(owners).map(([field, names]) => [field, names.join(', ')])),
    Object.keys(deprecated).length === 0 ? 'deprecated: nothing' : 'deprecated:',
    ...list(Object.entries(deprecated)),
    plan,
    '',
  ].join('\n')
}
