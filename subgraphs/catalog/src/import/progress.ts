/** Where progress is shown. */
export interface Terminal {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

const BAR = 30
const REDRAW_MS = 100
const LINE_MS = 3_000

/** Shows how far an import is: a bar that is redrawn on a terminal, elsewhere a line every few seconds. `share` is from 0 to 1, `unit` what is counted. */
export function createProgress(terminal: Terminal, now: () => number, unit = 'rows') {
  let last = now()
  let drawn = false
  return {
    show(share: number, counted: number): void {
      if (now() - last < (terminal.isTTY ? REDRAW_MS : LINE_MS)) return
      last = now()
      const percent = `${Math.floor(share * 100)}%`.padStart(4)
      if (!terminal.isTTY) return void terminal.write(`${percent.trim()}, ${counted} ${unit}\n`)
      const full = Math.round(share * BAR)
      terminal.write(`\r[${'='.repeat(full)}${' '.repeat(BAR - full)}]${percent}  ${counted} ${unit}`)
      drawn = true
    },
    /** Makes room for a line of text. */
    clear(): void {
      if (drawn) terminal.write('\r\u001B[2K')
      drawn = false
    },
  }
}
