/** Where progress is shown. */
export interface Terminal {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

const BAR = 30
const REDRAW_MS = 100
const LINE_MS = 3_000

/** Shows how far an import is: a bar that is redrawn on a terminal, elsewhere a line every few seconds. `share` is from 0 to 1. */
export function createProgress(terminal: Terminal, now: () => number) {
  let last = now()
  let drawn = false
  return {
    show(share: number, rows: number): void {
      if (now() - last < (terminal.isTTY ? REDRAW_MS : LINE_MS)) return
      last = now()
      const percent = `${Math.floor(share * 100)}%`.padStart(4)
      if (!terminal.isTTY) return void terminal.write(`${percent.trim()}, ${rows} rows\n`)
      const full = Math.round(share * BAR)
      terminal.write(`\r[${'='.repeat(full)}${' '.repeat(BAR - full)}]${percent}  ${rows} rows`)
      drawn = true
    },
    /** Makes room for a line of text. */
    clear(): void {
      if (drawn) terminal.write('\r\u001B[2K')
      drawn = false
    },
  }
}
