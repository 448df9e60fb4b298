import { startChild } from './child.ts'
import type { Child } from './child.ts'
import type { Measures, Table } from './part.ts'
import type { PartName } from './parts.ts'
import type { Scale } from './scale.ts'
import { takeTurns } from './turns.ts'

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
 * Runs all cells of a table one after the other, in turns, or together, then all of them again, and so on: what else the
 * machine does at some time falls on all of them alike.
 */
export async function runRounds(
  part: PartName,
  table: Table,
  scale: Scale,
  onRun: () => void,
): Promise<readonly Row[]> {
  const { title, nodeOptions } = table
  const rows = table.cells.map(({ row }) => ({ row, rounds: [] as Measures[] }))
  const isAtOnce = table.run !== undefined || table.turns !== undefined
  const runs = isAtOnce ? [{ row: undefined, measured: rows }] : rows.map((one) => ({ row: one.row, measured: [one] }))
  for (let round = 0; round < (table.rounds ?? scale.rounds); round++) {
    for (const { row, measured } of runs) {
      const measures = await (table.turns === undefined
        ? runCells({ part, title, row, scale }, nodeOptions)
        : runInTurns(part, table, table.turns, scale))
      measured.forEach(({ rounds }, i) => rounds.push(measures[i]!))
      onRun()
    }
  }
  return rows
}

/** Runs each cell in a process of its own, in turns. */
async function runInTurns(part: PartName, table: Table, turns: number, scale: Scale): Promise<readonly Measures[]> {
  const { title, cells, nodeOptions } = table
  const opened: { readonly row: string; readonly child: Child }[] = []
  const ask = async <T>({ row, child }: (typeof opened)[number], what?: 'turn' | 'end'): Promise<T> => {
    if (what) child.send(what)
    return child.receive<T>().catch((cause: unknown) => {
      throw new Error(`Could not measure ${part}, ${title}, ${row}`, { cause })
    })
  }
  try {
    for (const { row } of cells) {
      const assignment: Assignment = { part, title, row, scale }
      const one = { row, child: startChild(RUN_CELLS, [JSON.stringify(assignment)], nodeOptions) }
      opened.push(one)
      await ask(one)
    }
    await takeTurns(turns, opened, async (one) => ask(one, 'turn'))
    return await Promise.all(opened.map(async (one) => ask<Measures>(one, 'end')))
  } finally {
    await Promise.all(opened.map(async ({ child }) => child.end()))
  }
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
