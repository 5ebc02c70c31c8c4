/** Answers the parent's messages one after the other, and ends with the parent. A handler that throws answers with its sentence. */
export function answerParent<Ask, Reply>(handle: (message: Ask) => Promise<Reply> | Reply): void {
  process.on('message', async ({ id, ask }: { id: number; ask: Ask }) => {
    try {
      process.send?.({ id, reply: await handle(ask) })
    } catch (error) {
      process.send?.({ id, failure: (error as Error).message })
    }
  })
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  // Ctrl-C in a terminal reaches the whole group: the parent decides when we end.
  process.on('SIGINT', () => {})
}
