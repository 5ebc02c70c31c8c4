import { type GraphQLLeafType, isEnumType, isSpecifiedScalarType } from 'graphql'

/** The JSON of a leaf's value; undefined when it is no value of its type. `isPlain`: no string needs an escape. */
export type LeafText = (value: unknown, isPlain: boolean) => string | undefined

/** Whether JSON writes the text as it is, between quotes. */
const plain = /^[ !#-[\]-~\u00a0-\ud7ff]*$/

/** Checks and writes values of a scalar or enum as GraphQL's own scalars do; custom scalars are any JSON. */
export function leafText(type: GraphQLLeafType): LeafText {
  if (isEnumType(type)) {
    const texts = new Map(type.getValues().map(({ name }) => [name as unknown, JSON.stringify(name)]))
    return (value) => texts.get(value)
  }
  if (!isSpecifiedScalarType(type)) {
    return (value, isPlain) => (isPlain && typeof value === 'string' ? `"${value}"` : anyJson(value))
  }
  switch (type.name) {
    case 'ID':
      return (value, isPlain) => {
        if (typeof value === 'string') return quote(value, isPlain)
        return typeof value === 'number' && Number.isInteger(value) ? `"${value}"` : undefined
      }
    case 'Int':
      // Minus zero is written as zero.
      return (value) => (typeof value === 'number' && (value | 0) === value ? `${value | 0}` : undefined)
    case 'Float':
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? `${value}` : undefined)
    case 'Boolean':
      return (value) => (value === true ? 'true' : value === false ? 'false' : undefined)
    default:
      return (value, isPlain) => (typeof value === 'string' ? quote(value, isPlain) : undefined)
  }
}

/** JSON is parsed to any depth, but not written: what is too deep is no value. */
function anyJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function quote(text: string, isPlain: boolean): string {
  return isPlain || (text.length < 64 && plain.test(text)) ? `"${text}"` : JSON.stringify(text)
}
