import { expect, it } from 'vitest'
import { readAttribute } from './attribute.ts'

it.each([
  ['27', 27, null],
  ['144 Hz', 144, 'Hz'],
  ['-2.5°C', -2.5, '°C'],
  ['1,920 px', 1920, 'px'],
  ['240 g/m²', 240, 'g/m²'],
  ['3.5"', 3.5, '"'],
])('reads %s as a number with its unit', (value, number, unit) => {
  expect(readAttribute(value)).toEqual({ kind: 'NUMBER', number, unit })
})

it.each(['yes', 'TRUE'])('reads %s as yes', (value) => {
  expect(readAttribute(value)).toEqual({ kind: 'BOOLEAN', boolean: true })
})

it.each([
  '16:9',
  '700 / 1200',
  'SATA 6.0 Gb/s',
  'constructor',
  '',
  '1,23',
  '5 yes please and thank you',
  '9'.repeat(40),
])('reads "%s" as words', (value) => {
  expect(readAttribute(value)).toEqual({ kind: 'TEXT' })
})
