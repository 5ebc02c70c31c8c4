import { prettyFormatQueryPlan, type QueryPlan } from '@apollo/query-planner'
import { costsOf } from '@commerce/gateway/http/costs.ts'
import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  separateOperations,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Api } from '../api.ts'
import { fetchesOf, type PlannedFetch } from './fetches.ts'
import { ownersIn } from './owners.ts'

/** What becomes of one operation. */
export interface Explained {
  operation: string
  type: string
  /** As the gateway estimates it, before it runs anything. */
  cost: number
  fetches: PlannedFetch[]
  /** Requests that have to wait for each other, at most. */
  steps: number
  /** Fields that it asks for, and the subgraphs that answer them, by `Type.field`. */
  owners: Record<string, string[]>
  /** What it should stop asking for: `Type.field`, an argument or an enum value, and why. */
  deprecated: Record<string, string>
  /** The plan as text. */
  plan: string
}

/** How costs are estimated, as the gateway is set. */
export interface CostSettings {
  listSize: number
  mutation: number
  variables: Readonly<Record<string, unknown>>
}

/** Explains each operation of a text. Throws one sentence when it is not valid on the API. */
export function explain(api: Api, text: string, settings: CostSettings): Explained[] {
  let document: DocumentNode
  try {
    document = parse(text)
  } catch (error) {
    throw new Error(`The operation is not GraphQL: ${placed(error as Error)}`)
  }
  const [invalid] = validate(api.schema, document)
  if (invalid) throw new Error(`The operation is not valid: ${placed(invalid)}`)
  const supergraph = parse(api.supergraph, { noLocation: true })
  const costs = costsOf(buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true }), settings)
  const owners = ownersIn(supergraph)
  return Object.values(separateOperations(document)).map((one) => {
    const { name, operation } = one.definitions.find(
      ({ kind }) => kind === Kind.OPERATION_DEFINITION,
    ) as OperationDefinitionNode
    const plan: QueryPlan = JSON.parse(api.planning.plan(text, name?.value))
    const fetches = fetchesOf(plan)
    const used = usedIn(api.schema, one)
    return {
      operation: name?.value ?? '(without a name)',
      type: operation,
      cost: costs.estimate(one, name?.value, settings.variables),
      fetches,
      steps: Math.max(0, ...fetches.map(({ step }) => step)),
      owners: Object.fromEntries(used.fields.map(([type, field]) => [`${type}.${field}`, owners(type, field)])),
      deprecated: used.deprecated,
      plan: prettyFormatQueryPlan(plan),
    }
  })
}

/** The fields that an operation asks for, each once, and what of it is deprecated. */
function usedIn(schema: GraphQLSchema, document: DocumentNode) {
  const fields = new Map<string, [type: string, field: string]>()
  const deprecated: Record<string, string> = {}
  const info = new TypeInfo(schema)
  const note = (what: string, reason: string | null | undefined) => {
    if (reason != null) deprecated[what] = reason
  }
  visit(
    document,
    visitWithTypeInfo(info, {
      Field() {
        const [parent, field] = [info.getParentType(), info.getFieldDef()]
        if (!parent || !field || field.name.startsWith('__')) return
        fields.set(`${parent.name}.${field.name}`, [parent.name, field.name])
        note(`${parent.name}.${field.name}`, field.deprecationReason)
      },
      Argument() {
        const [parent, field, argument] = [info.getParentType(), info.getFieldDef(), info.getArgument()]
        note(`${parent?.name}.${field?.name}(${argument?.name}:)`, argument?.deprecationReason)
      },
      EnumValue() {
        const value = info.getEnumValue()
        note(String(value?.name), value?.deprecationReason)
      },
    }),
  )
  return { fields: [...fields.values()], deprecated }
}

function placed(error: Error & { locations?: readonly { line: number; column: number }[] | undefined }): string {
  const at = error.locations?.[0]
  return at ? `${error.message} (line ${at.line}, column ${at.column})` : error.message
}
