import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type VariableDefinitionNode,
  visit,
} from 'graphql'

/** A request's text and what must be filled in. */
export interface RequestText {
  /** The body up to where the values of the variables belong; they and `}}` follow. */
  head: string
  variables: readonly { name: string; json: string }[]
  /** For each selection of the request its names in this text; undefined when it is left out. */
  names: readonly ({ field: string; variable: string } | undefined)[]
}

/** The text with the selections whose bit in `mask` is set; made when first needed. */
export type Combine = (mask: number) => RequestText

/** What the text of one fetch is made from. */
export interface Asked {
  operation: string
  operationName: string | undefined
  variables: readonly string[]
}

const representations = 'representations'

/** Prepares the texts of a request for one or several `_entities` fetches, or for one root fetch. */
export function combiner(asked: readonly Asked[]): Combine {
  const known = new Map<number, RequestText>()
  return (mask) => {
    let text = known.get(mask)
    if (!text) {
      text = combined(asked, mask)
      known.set(mask, text)
    }
    return text
  }
}

function combined(asked: readonly Asked[], mask: number): RequestText {
  const chosen = asked.flatMap((one, index) => (mask & (1 << index) ? [{ one, index }] : []))
  const [first] = chosen
  if (!first) throw new Error('A request needs something to ask.')
  const names: RequestText['names'][number][] = asked.map(() => undefined)
  if (chosen.length === 1) {
    names[first.index] = { field: '_entities', variable: `"${representations}"` }
    return { ...textOf(first.one.operation, first.one.operationName, first.one.variables), names }
  }
  const definitions: DefinitionNode[] = []
  const fields: FieldNode[] = []
  let directives: OperationDefinitionNode['directives']
  const variableDefinitions = new Map<string, VariableDefinitionNode>()
  for (const { one, index } of chosen) {
    const suffix = `_${index}`
    names[index] = { field: `_entities${suffix}`, variable: `"${representations}${suffix}"` }
    const document = suffixed(parse(one.operation, { noLocation: true }), suffix)
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) definitions.push(definition)
      else {
        directives = definition.directives
        for (const variable of definition.variableDefinitions ?? [])
          variableDefinitions.set(variable.variable.name.value, variable)
        for (const node of definition.selectionSet.selections) {
          if (node.kind === Kind.FIELD)
            fields.push({ ...node, alias: { kind: Kind.NAME, value: `_entities${suffix}` } })
        }
      }
    }
  }
  const { operationName } = first.one
  const operation: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: 'query' as OperationDefinitionNode['operation'],
    directives,
    ...(operationName !== undefined && { name: { kind: Kind.NAME, value: operationName } }),
    variableDefinitions: [...variableDefinitions.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections: fields },
  }
  const text = print({ kind: Kind.DOCUMENT, definitions: [operation, ...definitions] })
  const variables = [...new Set(chosen.flatMap(({ one }) => one.variables))]
  return { ...textOf(text, operationName, variables), names }
}

function textOf(operation: string, operationName: string | undefined, variables: readonly string[]) {
  const name = operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`
  return {
    head: `{"query":${JSON.stringify(operation)}${name},"variables":{`,
    variables: variables.map((variable) => ({ name: variable, json: JSON.stringify(variable) })),
  }
}

/** The same document with names that cannot meet those of another fetch. */
function suffixed(document: DocumentNode, suffix: string): DocumentNode {
  const longer = (name: { value: string }) => ({ kind: Kind.NAME, value: `${name.value}${suffix}` }) as const
  return visit(document, {
    Variable: (node) => (node.name.value === representations ? { ...node, name: longer(node.name) } : undefined),
    FragmentDefinition: (node) => ({ ...node, name: longer(node.name) }),
    FragmentSpread: (node) => ({ ...node, name: longer(node.name) }),
  })
}
