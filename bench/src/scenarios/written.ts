import { written as productPage } from './product-page/written.ts'
import { written as reviews } from './reviews/written.ts'
import type { WrittenScenario } from './scenario.ts'

/** Every scenario with writes by its name. */
export const writtenScenarios: Readonly<Record<string, WrittenScenario>> = Object.fromEntries(
  [reviews, productPage].map((scenario) => [scenario.name, scenario]),
)
