import { z } from 'zod'
import { ask, type HttpProvider } from '../provider/http.ts'
import type { Tax, TaxProvider } from './tax.ts'

const tax = z.object({ minorUnits: z.int().nonnegative(), included: z.boolean() })

/** What a tax provider answers (docs/providers.md). */
const answer = z.object({ lines: z.array(tax.extend({ sku: z.string() })).max(500), shipping: tax })

/** A tax provider that is asked over HTTP. */
export function createHttpTax(http: HttpProvider): TaxProvider {
  return {
    isUsed: async () => true,
    async taxes({ currencyCode, destination, lines, shippingMinorUnits }) {
      const request = {
        currencyCode,
        destination,
        lines: lines.map(({ minorUnits, ...line }) => ({ ...line, minorUnits: Number(minorUnits) })),
        shippingMinorUnits: Number(shippingMinorUnits),
      }
      const complete = answer.refine(
        (given) => lines.every(({ sku }) => given.lines.filter((line) => line.sku === sku).length === 1),
        'expected each SKU of the request once in `lines`',
      )
      const taxed = await ask(http, request, complete)
      return { bySku: new Map(taxed.lines.map((line) => [line.sku, toTax(line)])), shipping: toTax(taxed.shipping) }
    },
  }
}

function toTax({ minorUnits, included }: z.infer<typeof tax>): Tax {
  return { minorUnits: BigInt(minorUnits), included }
}
