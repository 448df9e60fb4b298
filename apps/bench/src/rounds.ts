import { startChild } from './child.ts'
import type { Measures, Table } from './part.ts'
import type { PartName } from './parts.ts'
import type { Scale } from './scale.ts'

/** Which cell a process is to run. */
export interface CellName {
  readonly part: PartName
  readonly table: string
  readonly row: string
  readonly scale: Scale
}

/** What a cell has measured, round by round. */
export interface Row {
  readonly row: string
  readonly rounds: readonly Measures[]
}

/** What is built, also where a test runs the sources. */
const RUN_CELL = new URL('../dist/run-cell.js', import.meta.url)

/**
 * Runs all cells of a table in turn, then all of them again, and so on: what else the machine does at some time falls
 * on all of them alike.
 */
export async function runRounds(
  part: PartName,
  table: Table,
  scale: Scale,
  onCell: () => void,
): Promise<readonly Row[]> {
  const rows = table.cells.map(({ row }) => ({ row, rounds: [] as Measures[] }))
  for (let round = 0; round < (table.rounds ?? scale.rounds); round++) {
    for (const { row, rounds } of rows) {
      rounds.push(await runCell({ part, table: table.title, row, scale }, table.nodeOptions))
      onCell()
    }
  }
  return rows
}

/** Runs a cell in a process of its own. */
export async function runCell(cell: CellName, nodeOptions: readonly string[] = []): Promise<Measures> {
  const child = startChild(RUN_CELL, [JSON.stringify(cell)], nodeOptions)
  try {
    return await child.receive<Measures>()
  } catch (cause) {
    throw new Error(`Could not measure ${cell.part}, ${cell.table}, ${cell.row}`, { cause })
  } finally {
    await child.end()
  }
}
