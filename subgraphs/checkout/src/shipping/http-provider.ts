import { z } from 'zod'
import { ask, type HttpProvider } from '../provider/http.ts'
import { cheapestFirst, type ShippingProvider } from './shipping.ts'

const days = z.int().min(0).max(365)
const text = z.string().min(1).max(200)

/** What a shipping provider answers (docs/providers.md). */
const answer = z
  .object({
    options: z
      .array(
        z
          .object({ id: text, title: text, minorUnits: z.int().nonnegative(), earliestDays: days, latestDays: days })
          .refine(({ earliestDays, latestDays }) => earliestDays <= latestDays, 'latestDays is before earliestDays'),
      )
      .max(50),
  })
  .refine(({ options }) => new Set(options.map(({ id }) => id)).size === options.length, 'two options have one id')

/** A shipping provider that is asked over HTTP. */
export function createHttpShipping(http: HttpProvider): ShippingProvider {
  return {
    isUsed: async () => true,
    async options({ goodsMinorUnits, currencyCode, destination, lines }) {
      const request = { currencyCode, destination, lines, goodsMinorUnits: Number(goodsMinorUnits) }
      const { options } = await ask(http, request, answer)
      return options
        .map((option) => ({ ...option, minorUnits: BigInt(option.minorUnits), currencyCode }))
        .sort(cheapestFirst)
    },
  }
}
