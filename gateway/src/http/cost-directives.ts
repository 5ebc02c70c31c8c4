import { type DirectiveNode, type GraphQLSchema, Kind, valueFromASTUntyped } from 'graphql'

/** What the directives of the cost specification are called in a supergraph; undefined when it does not have them. */
export interface CostNames {
  cost: string | undefined
  listSize: string | undefined
}

/** What `@listSize` says about a field. */
export interface ListSize {
  assumedSize: number | undefined
  /** Paths of arguments that hold a number of elements. */
  slicingArguments: string[][] | undefined
  /** The fields of the object whose lists are meant; undefined when the field itself is the list. */
  sizedFields: string[] | undefined
  requireOne: boolean
}

/** The names that the `@link` to `https://specs.apollo.dev/cost/v0.1` gives its directives. */
export function costNames({ astNode, extensionASTNodes }: GraphQLSchema): CostNames {
  const names: CostNames = { cost: undefined, listSize: undefined }
  for (const directive of [astNode, ...extensionASTNodes].flatMap((node) => node?.directives ?? [])) {
    const { url, as, import: imports } = argumentsOf(directive)
    if (directive.name.value !== 'link' || typeof url !== 'string' || !/\/cost\/v0\.\d+$/.test(url)) continue
    const prefix = typeof as === 'string' ? as : 'cost'
    names.cost = prefix
    names.listSize = `${prefix}__listSize`
    for (const entry of Array.isArray(imports) ? imports : []) {
      const { name, as: alias } = typeof entry === 'string' ? { name: entry, as: entry } : entry
      const called = String(alias ?? name).replace('@', '')
      if (name === '@cost') names.cost = called
      if (name === '@listSize') names.listSize = called
    }
  }
  return names
}

/** The weight that `@cost` gives; undefined when it is not there. */
export function weightIn(
  directives: readonly DirectiveNode[] | undefined,
  costName: string | undefined,
): number | undefined {
  if (!costName || !directives) return undefined
  const directive = directives.find(({ name }) => name.value === costName)
  const weight = directive && Number(argumentsOf(directive).weight)
  return weight !== undefined && Number.isFinite(weight) ? weight : undefined
}

/** What `@listSize` among the directives of a field says; null when it is not there. */
export function listSizeOf(directives: readonly DirectiveNode[] | undefined, { listSize }: CostNames): ListSize | null {
  const directive = listSize && directives?.find(({ name }) => name.value === listSize)
  if (!directive) return null
  const { assumedSize, slicingArguments, sizedFields, requireOneSlicingArgument } = argumentsOf(directive)
  const slicing = strings(slicingArguments)
  return {
    assumedSize: typeof assumedSize === 'number' ? Math.max(0, assumedSize) : undefined,
    slicingArguments: slicing?.map((path) => path.split('.')),
    sizedFields: strings(sizedFields),
    requireOne: slicing !== undefined && requireOneSlicingArgument !== false,
  }
}

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined
}

function argumentsOf(directive: DirectiveNode): Record<string, unknown> {
  return Object.fromEntries(
    (directive.arguments ?? []).flatMap(({ name, value }) =>
      value.kind === Kind.VARIABLE ? [] : [[name.value, valueFromASTUntyped(value)]],
    ),
  )
}
