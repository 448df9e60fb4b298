import { readFileSync, writeFileSync } from 'node:fs'

const DOCUMENT = new URL('../../../docs/guarantees.md', import.meta.url)
const TABLE = /(?<=<!-- made by UPDATE_DOCS=1 npm test -- faults -->\n\n)[^]*?(?=\n\n<!-- end -->)/

/** The table of faults in docs/guarantees.md, cell by cell: its rows, and above them its head. */
export function documentedTable(): readonly (readonly string[])[] {
  const [table = ''] = TABLE.exec(readFileSync(DOCUMENT, 'utf8')) ?? []
  const [head = [], , ...rows] = table.split('\n').map((line) => line.split('|').slice(1, -1))
  return [head, ...rows].map((cells) => cells.map((cell) => cell.trim()))
}

/** Puts a table in its place, aligned as the formatter would. */
export function documentTable(table: readonly (readonly string[])[]): void {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const [head, ...rows] = table.map(line)
  const rule = line(widths.map((width) => '-'.repeat(width)))
  const text = readFileSync(DOCUMENT, 'utf8')
  writeFileSync(
    DOCUMENT,
    text.replace(TABLE, () => [head, rule, ...rows].join('\n')),
  )
}
