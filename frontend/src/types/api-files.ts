import { buildSchema, introspectionFromSchema, isAbstractType } from 'graphql'
import type { Api } from '../api.ts'

/** The files that tools of frontend teams read, by name. */
export function apiFiles({ sdl, schema }: Pick<Api, 'sdl' | 'schema'>): Record<string, string> {
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType)
  const possibleTypes = Object.fromEntries(
    abstract
      .filter(({ name }) => !name.startsWith('__'))
      .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
  )
  const introspection = introspectionFromSchema(schema, { specifiedByUrl: true, inputValueDeprecation: true })
  return {
    'schema.graphql': sdl,
    'introspection.json': `${JSON.stringify({ data: introspection }, null, 2)}\n`,
    'possible-types.json': `${JSON.stringify(possibleTypes, null, 2)}\n`,
  }
}

/** The same files for each contract, below `contracts/<name>/`. */
export function contractFiles({ contracts }: Pick<Api, 'contracts'>): Record<string, string> {
  const files = contracts.flatMap(([name, sdl]) =>
    Object.entries(apiFiles({ sdl: `${sdl}\n`, schema: buildSchema(sdl) })).map(([file, text]) => [
      `contracts/${name}/${file}`,
      text,
    ]),
  )
  return Object.fromEntries(files)
}
