import type { Approval } from './approvals.ts'
import { approve } from './approve.ts'
import type { Change } from './change.ts'
import type { CheckConfig } from './config.ts'
import { deprecationFindings } from './deprecation-findings.ts'
import { tooEarly } from './deprecations.ts'
import { federationHazards } from './federation/hazards.ts'
import { changeFinding, compositionFinding, hintFindings, invalidFinding } from './findings.ts'
import type { Composed, Graph } from './graph.ts'
import { type Client, type Impact, impactOn } from './impact.ts'
import { type Known, lintFindings } from './lint/lint.ts'
import type { Operation } from './operations.ts'
import { placeOf } from './places.ts'
import { planFindings } from './plans.ts'
import { type Finding, fails, type OperationReport, type Report } from './report.ts'
import { type Variant, variantsOf } from './variants.ts'

/** All that a check is a function of. */
export interface CheckInput {
  base: Report['base']
  before: Graph
  after: Composed
  operations: readonly Operation[]
  config: CheckConfig
  approvals: readonly Approval[]
  /** Lint violations that are let be. */
  baseline: readonly Known[]
  /** `YYYY-MM-DD`. */
  today: string
}

/** Compares a graph with the one before, for every client. */
export async function checkSchemas(input: CheckInput): Promise<Report> {
  const { before, after, operations, config } = input
  if (!after.graph) return report(input, after.errors.map(compositionFinding), [], [])
  const { variants, findings: contractFindings } = await variantsOf(before, after.graph, config)
  const hazards = federationHazards(before, after.graph)
  const impacts = operations.map((operation) =>
    impactOn(operation, clientOf(operation.client, variants, config), hazards),
  )
  const changes = [...distinct([...variants.values()].flatMap((one) => one.changes)), ...hazards]
  const graph = after.graph
  const placed = changes.map((change) => ({
    ...change,
    place: change.place ?? placeOf(graph.subgraphs, change.coordinate),
  }))
  const findings = [
    ...hintFindings(before, graph),
    ...contractFindings,
    ...placed.map((change) => {
      const early = change.in === 'federation' ? undefined : tooEarly(change, before.api, input.today)
      return changeFinding(change, impacts, config, early)
    }),
    ...impacts.flatMap((impact) => invalidFinding(impact)),
    ...deprecationFindings(before, graph, operations, input),
    ...planFindings(before, graph, operations, config),
    ...lintFindings(before, graph, input.baseline, config),
  ]
  return report(input, findings, placed, impacts)
}

function report(input: CheckInput, findings: Finding[], changes: Change[], impacts: Impact[]): Report {
  const judged = approve(findings, input.approvals, input.today)
  return {
    version: 1,
    ok: !judged.some(fails),
    base: input.base,
    findings: judged,
    changes,
    operations: impacts.map(operationReport),
  }
}

function operationReport({ operation, status, changes, errors }: Impact): OperationReport {
  const { client, id, name } = operation
  return { client, id, name, status, changes, errors }
}

function clientOf(name: string, variants: ReadonlyMap<string, Variant>, { clients }: CheckConfig): Client {
  const { contract = '', exhaustive = false } = clients[name] ?? {}
  // A contract that is no schema fails by itself; its clients are judged by the whole API.
  const variant = variants.get(contract) ?? (variants.get('') as Variant)
  return { name, isExhaustive: exhaustive, ...variant }
}

function distinct(changes: Change[]): Change[] {
  return [...new Map(changes.map((change) => [change.id, change])).values()]
}
