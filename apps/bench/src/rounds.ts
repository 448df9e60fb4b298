import { startChild } from './child.ts'
import type { Measures, Table } from './part.ts'
import type { PartName } from './parts.ts'
import type { Scale } from './scale.ts'
import { takeTurns } from './turns.ts'

/** The cell that a process is to run. */
export interface Assignment {
  readonly part: PartName
  readonly title: string
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
 * Runs all cells of a table one after the other, or in turns, then all of them again, and so on: what else the machine does at
 * some time falls on all of them alike.
 */
export async function runRounds(
  part: PartName,
  table: Table,
  scale: Scale,
  onRun: () => void,
): Promise<readonly Row[]> {
  const rows = table.cells.map(({ row }) => ({ row, rounds: [] as Measures[] }))
  for (let round = 0; round < (table.rounds ?? scale.rounds); round++) {
    if (table.turns === undefined) {
      for (const { row, rounds } of rows) {
        rounds.push(await runCell(part, table, row, scale))
        onRun()
      }
    } else {
      const measures = await runInTurns(part, table, table.turns, scale)
      rows.forEach(({ rounds }, i) => rounds.push(measures[i]!))
      onRun()
    }
  }
  return rows
}

/** Runs a cell in a process of its own. */
export async function runCell(part: PartName, table: Table, row: string, scale: Scale): Promise<Measures> {
  const cell = startCell(part, table, row, scale)
  try {
    return await cell.hear<Measures>()
  } finally {
    await cell.end()
  }
}

/** Runs each cell in a process of its own, in turns. */
async function runInTurns(part: PartName, table: Table, turns: number, scale: Scale): Promise<readonly Measures[]> {
  const opened: StartedCell[] = []
  try {
    for (const { row } of table.cells) {
      const cell = startCell(part, table, row, scale)
      opened.push(cell)
      await cell.hear()
    }
    await takeTurns(turns, opened, async (cell) => {
      cell.tell('turn')
      await cell.hear()
    })
    return await Promise.all(
      opened.map(async (cell) => {
        cell.tell('end')
        return cell.hear<Measures>()
      }),
    )
  } finally {
    await Promise.all(opened.map(async (cell) => cell.end()))
  }
}

/** What a cell that takes turns is told: to take one, or that it was the last. */
export type Command = 'turn' | 'end'

/** A cell in a process of its own. */
interface StartedCell {
  readonly tell: (command: Command) => void
  /** Rejects, saying which cell it was, if it could not do as it was told. */
  readonly hear: <T>() => Promise<T>
  readonly end: () => Promise<void>
}

function startCell(part: PartName, { title, nodeOptions }: Table, row: string, scale: Scale): StartedCell {
  const assignment: Assignment = { part, title, row, scale }
  const child = startChild(RUN_CELL, [JSON.stringify(assignment)], nodeOptions)
  return {
    tell: (command) => child.send(command),
    hear: async <T>() =>
      child.receive<T>().catch((cause: unknown) => {
        throw new Error(`Could not measure ${part}, ${title}, ${row}`, { cause })
      }),
    end: async () => child.end(),
  }
}
