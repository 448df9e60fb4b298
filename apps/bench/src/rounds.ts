import { startChild } from './child.ts'
import type { Measures, Table } from './part.ts'
import type { PartName } from './parts.ts'
import type { Scale } from './scale.ts'

/** What a process is to run: a cell, or a table whose cells are measured together. */
export interface Assignment {
  readonly part: PartName
  readonly title: string
  /** None if all are measured together. */
  readonly row?: string | undefined
  readonly scale: Scale
}

/** What a cell has measured, round by round. */
export interface Row {
  readonly row: string
  readonly rounds: readonly Measures[]
}

/** What is built, also where a test runs the sources. */
const RUN_CELLS = new URL('../dist/run-cells.js', import.meta.url)

/**
 * Runs all cells of a table in turn or together, then all of them again, and so on: what else the machine does at some time
 * falls on all of them alike.
 */
export async function runRounds(
  part: PartName,
  table: Table,
  scale: Scale,
  onRun: () => void,
): Promise<readonly Row[]> {
  const { title, nodeOptions } = table
  const rows = table.cells.map(({ row }) => ({ row, rounds: [] as Measures[] }))
  const runs = table.run ? [{ row: undefined, measured: rows }] : rows.map((one) => ({ row: one.row, measured: [one] }))
  for (let round = 0; round < (table.rounds ?? scale.rounds); round++) {
    for (const { row, measured } of runs) {
      const measures = await runCells({ part, title, row, scale }, nodeOptions)
      measured.forEach(({ rounds }, i) => rounds.push(measures[i]!))
      onRun()
    }
  }
  return rows
}

/** Runs a cell, or all of a table together, in a process of its own. */
export async function runCells(
  assignment: Assignment,
  nodeOptions: readonly string[] = [],
): Promise<readonly Measures[]> {
  const child = startChild(RUN_CELLS, [JSON.stringify(assignment)], nodeOptions)
  try {
    return await child.receive<readonly Measures[]>()
  } catch (cause) {
    const { part, title, row = 'all together' } = assignment
    throw new Error(`Could not measure ${part}, ${title}, ${row}`, { cause })
  } finally {
    await child.end()
  }
}
