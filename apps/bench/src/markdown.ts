import { decisive, figureFor, figureOf, isMet, ratioOf } from './figures.ts'
import type { Figure } from './figures.ts'
import type { Aim, Table } from './part.ts'
import type { Row } from './rounds.ts'

const NUMBER = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const RATIO = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

interface Column {
  readonly title: string
  readonly isText?: true
  readonly textOf: (row: Row, at: number) => string
}

/** What came of a table, as a table in Markdown. */
export function tableText(table: Table, rows: readonly Row[]): string {
  const { columns, base, cells } = table
  const all: Column[] = [{ title: '', isText: true, textOf: ({ row }) => row }]
  for (const [measure, title] of Object.entries(columns)) {
    all.push({ title, textOf: (row) => shown(figureOf(row, measure), ({ median }) => NUMBER.format(median)) })
  }
  if (base) {
    const { measure } = base
    const baseRow = rows.find(({ row }) => row === base.row)!
    const title = `${columns[measure]} ÷ ${base.row}`
    all.push({ title, textOf: (row) => shown(ratioOf(row, baseRow, measure), ({ median }) => RATIO.format(median)) })
    all.push({ title: 'rounds', textOf: (row) => shown(ratioOf(row, baseRow, measure), rangeText) })
  }
  if (cells.some(({ aims = [] }) => aims.length > 0)) {
    const textOf = (row: Row, at: number): string =>
      (cells[at]?.aims ?? [])
        .map((aim) => `${aimText(aim, table)}: ${verdictText(aim, figureFor(aim, row, rows))}`)
        .join('; ')
    all.push({ title: 'aim', isText: true, textOf })
  }
  return aligned(all, rows)
}

function shown(figure: Figure | undefined, text: (figure: Figure) => string): string {
  return figure ? text(figure) : ''
}

function rangeText({ least, most }: Figure): string {
  return `${RATIO.format(least)}–${RATIO.format(most)}`
}

function verdictText(aim: Aim, figure: Figure): string {
  const format = aim.per === undefined ? NUMBER : RATIO
  return `${format.format(decisive(aim, figure))}, ${isMet(aim, figure) ? 'met' : 'missed'}`
}

function aimText({ measure, per, sign, bound, inEveryRound }: Aim, { columns, base }: Table): string {
  const isBase = base && per === base.row && measure === base.measure
  const what = isBase ? '' : `${columns[measure]} `
  const of = isBase || per === undefined ? '' : ` × ${typeof per === 'string' ? per : 'the best of the peers'}`
  return `${what}${sign} ${bound}${of}${inEveryRound ? ' in every round' : ''}`
}

/** As the formatter would align it. */
function aligned(columns: readonly Column[], rows: readonly Row[]): string {
  const texts = columns.map(({ title, textOf }) => [title, ...rows.map((row, i) => textOf(row, i))])
  const widths = texts.map((cells) => Math.max(3, ...cells.map((cell) => cell.length)))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const lineOf = (at: number): string =>
    line(
      columns.map(({ isText }, i) => {
        const text = texts[i]![at]!
        return isText ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)
      }),
    )
  const rule = line(
    columns.map(({ isText }, i) => (isText ? '-'.repeat(widths[i]!) : `${'-'.repeat(widths[i]! - 1)}:`)),
  )
  return [lineOf(0), rule, ...rows.map((_, i) => lineOf(i + 1))].join('\n')
}
