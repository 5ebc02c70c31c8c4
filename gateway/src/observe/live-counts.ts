import { Histogram } from './instruments.ts'

/** What is counted of live operations. */
export class LiveCounts {
  /** Events that live operations follow, once for each of these. */
  triggers = 0
  /** From a change to the moment that it is handed out to the clients of a live operation. */
  readonly lag = new Histogram()

  triggered(): void {
    this.triggers++
  }

  told(ms: number): void {
    this.lag.observe(ms)
  }
}
