/** How often is looked whether something is due, in milliseconds. */
const LOOK_EVERY_MS = 2

/** Calls `act` so often in a second, evenly, and makes up for what was late; 0 is never. Returns how to stop it. */
export function everySoOften(perSecond: number, act: () => void): () => void {
  if (perSecond === 0) return () => {}
  const from = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - from) / 1_000) * perSecond)
    for (; done < due; done++) act()
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}
