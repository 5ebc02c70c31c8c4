/*
 * Numbers, numbers with units, and dimensions, each read as one word however it is written: "32 GB" and "32gb", 5" and "5-inch",
 * "1/2 in." and "0.5 in", "2 x 4" and "2x4", "1,000" and "1000".
 */

export interface Quantity {
  surface: string
  also: string[]
  parts: string[]
  end: number
  /** Digits only, so that it can be a part of a longer name ("WD-40"). */
  isPlain: boolean
}

const UNITS = unitsOf({
  kb: 'kilobyte kilobytes ko',
  mb: 'megabyte megabytes mo',
  gb: 'gigabyte gigabytes gig gigs go гб',
  tb: 'terabyte terabytes to тб',
  gbps: 'gbit gbits',
  mbps: 'mbit mbits',
  hz: 'hertz',
  khz: 'kilohertz',
  mhz: 'megahertz',
  ghz: 'gigahertz',
  w: 'watt watts wattage',
  kw: 'kilowatt kilowatts',
  wh: '',
  kwh: '',
  v: 'volt volts',
  a: 'amp amps ampere amperes',
  ma: '',
  mah: '',
  in: 'inch inches zoll pouce pouces pulgada pulgadas pollice pollici polegada polegadas duim tum tommer tommers tuumaa дюйм дюймов',
  ft: 'foot feet',
  yd: 'yard yards',
  mm: 'millimeter millimeters millimetre millimetres мм',
  cm: 'centimeter centimeters centimetre centimetres см',
  m: 'meter meters metre metres',
  km: 'kilometer kilometers kilometre kilometres',
  mg: 'milligram milligrams',
  g: 'gram grams gramm gramme grammes',
  kg: 'kilo kilos kilogram kilograms kilogramm кг',
  lb: 'lbs pound pounds',
  oz: 'ounce ounces',
  ml: 'milliliter milliliters millilitre millilitres мл',
  cl: '',
  l: 'liter liters litre litres',
  gal: 'gallon gallons',
  qt: 'quart quarts',
  mp: 'megapixel megapixels mpx',
  fps: '',
  rpm: '',
  dpi: '',
  db: 'decibel decibels dba',
  lm: 'lumen lumens',
  k: 'kelvin',
  deg: 'degree degrees',
  pack: 'packs pk pks',
  pc: 'pcs piece pieces',
  ct: 'count',
})
const LENGTHS = new Set(['in', 'ft', 'yd', 'mm', 'cm', 'm', 'km'])
const DENOMINATORS = new Set([2, 3, 4, 5, 6, 8, 10, 16, 32, 64])
/** Words that are asked for alone too; symbols ("gb") are not. */
const MIN_SPELLED = 4

const THOUSANDS = /\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?/y
const FRACTION = /(?:(\d{1,4})[ -])?(\d{1,2})\/(\d{1,2})(?!\d|[./]\d)/y
const DECIMAL_COMMA = /(\d+),(\d{1,2})(?![\d,])/y
const DOTTED = /\d+(?:\.\d+)*/y
const UNIT_WORD = /[ -]?(\p{L}{1,12})(?![\p{L}\p{N}\p{M}])/uy
const UNIT_SYMBOL = / ?("|''|'(?!\p{L})|%|°)/uy
const TIMES = / ?[x*] ?(?=\d)/y
const LETTER = /[\p{L}\p{N}\p{M}]/u

interface Measured {
  number: string
  parts: string[]
  unit: string | null
  spelled: string | null
  end: number
}

/** The quantity that begins at a digit of a folded text; null when it is rather a name that begins with digits ("2in1", "3d"). */
export function quantityAt(text: string, at: number): Quantity | null {
  const first = measuredAt(text, at)
  const all = [first]
  while (all.length < 3) {
    const times = match(TIMES, text, all[all.length - 1]?.end ?? at)
    if (!times) break
    all.push(measuredAt(text, times.end))
  }
  while (all.length > 1 && !isWhole(text, all)) all.pop()
  if (all.length === 1) return isBoundary(text, first.end) ? single(first) : null
  return dimensions(all)
}

function isWhole(text: string, all: readonly Measured[]): boolean {
  const last = all[all.length - 1]
  return (
    last !== undefined && isBoundary(text, last.end) && all.every(({ unit }) => unit === null || unit === last.unit)
  )
}

function single({ number, unit, spelled, parts, end }: Measured): Quantity {
  if (unit === null) {
    const whole = /^\d+\.0+$/.test(number) ? [number.slice(0, number.indexOf('.'))] : []
    return { surface: number, also: whole, parts, end, isPlain: /^\d+$/.test(number) }
  }
  const value = /^\d+\.\d+$/.test(number) ? number.replace(/\.?0+$/, '') : number
  const word = spelled ?? (unit === 'in' ? 'inch' : null)
  const numbers = parts.length > 0 ? parts : [value]
  return { surface: value + unit, also: [], parts: word === null ? numbers : [...numbers, word], end, isPlain: false }
}

function dimensions(all: readonly Measured[]): Quantity {
  const { unit, end } = all[all.length - 1] as Measured
  const numbers = all.map(({ number }) => number)
  const bare = numbers.join('x')
  const isEach = unit !== null && LENGTHS.has(unit)
  const parts = numbers.map((number, i) =>
    unit !== null && (isEach || i === numbers.length - 1) ? number + unit : number,
  )
  return { surface: unit === null ? bare : bare + unit, also: unit === null ? [] : [bare], parts, end, isPlain: false }
}

function measuredAt(text: string, at: number): Measured {
  const { number, parts, end } = numberAt(text, at)
  const symbol = match(UNIT_SYMBOL, text, end)
  if (symbol) {
    const unit = { "'": 'ft', '%': '%', '°': 'deg' }[symbol.groups[0] ?? ''] ?? 'in'
    return { number, parts, unit, spelled: null, end: symbol.end }
  }
  const word = match(UNIT_WORD, text, end)
  const written = word?.groups[0] ?? ''
  const unit = UNITS.get(written)
  if (!word || unit === undefined || isPreposition(text, written, end, word.end)) {
    return { number, parts, unit: null, spelled: null, end }
  }
  return { number, parts, unit, spelled: written.length >= MIN_SPELLED ? written : null, end: word.end }
}

/** "2 in 1", "5 to 10", "4 a 6", "2-in-1" are not inches, terabytes and amperes. */
function isPreposition(text: string, written: string, from: number, end: number): boolean {
  if (text[from] !== ' ' && text[from] !== '-') return false
  if (written === 'to' || written === 'go' || written === 'mo' || written === 'ko' || written === 'a') {
    return !(written === 'a' && !/^ ?\p{L}|^ ?\d/u.test(text.slice(end, end + 2)))
  }
  return written === 'in' && /^[ -]\d/.test(text.slice(end, end + 2))
}

function numberAt(text: string, at: number): { number: string; parts: string[]; end: number } {
  const fraction = match(FRACTION, text, at)
  if (fraction) {
    const [whole, above, below] = fraction.groups.map((group) => Number(group ?? 0)) as [number, number, number]
    if (above > 0 && above < below && DENOMINATORS.has(below)) {
      const written = `${above}/${below}`
      if (whole === 0) return { number: trimmed(above / below), parts: [written], end: fraction.end }
      return { number: trimmed(whole + above / below), parts: [String(whole), written], end: fraction.end }
    }
  }
  const thousands = match(THOUSANDS, text, at)
  if (thousands) return { number: thousands.text.replaceAll(',', ''), parts: [], end: thousands.end }
  const comma = match(DECIMAL_COMMA, text, at)
  if (comma) return { number: comma.groups.join('.'), parts: [], end: comma.end }
  const dotted = match(DOTTED, text, at) ?? { text: '', end: at + 1 }
  return { number: dotted.text, parts: [], end: dotted.end }
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(6)))
}

function isBoundary(text: string, at: number): boolean {
  const letter = text[at]
  return letter === undefined || !LETTER.test(letter) || LETTER.test(text[at - 1] ?? '') === false
}

function match(
  pattern: RegExp,
  text: string,
  at: number,
): { text: string; groups: (string | undefined)[]; end: number } | null {
  pattern.lastIndex = at
  const found = pattern.exec(text)
  return found && { text: found[0], groups: found.slice(1), end: at + found[0].length }
}

function unitsOf(table: Record<string, string>): Map<string, string> {
  return new Map(
    Object.entries(table).flatMap(([unit, spellings]) =>
      [unit, ...spellings.split(' ').filter(Boolean)].map((spelling) => [spelling, unit] as const),
    ),
  )
}
