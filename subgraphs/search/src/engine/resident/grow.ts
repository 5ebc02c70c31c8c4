type Column = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/** The column itself when it has room for `size` values, or a copy half as large again (at least), filled up with `filler`. */
export function grown<T extends Column>(column: T, size: number, filler = 0): T {
  if (size <= column.length) return column
  const Type = column.constructor as new (length: number) => T
  const larger = new Type(Math.max(size, Math.ceil(column.length * 1.5), 1_024))
  larger.set(column)
  if (filler !== 0) larger.fill(filler, column.length)
  return larger
}
