// Runs one cell, at once or turn by turn, and sends what it has measured to the process that started it.
import { endWithParent } from './child.ts'
import type { CellInTurns } from './part.ts'
import { PARTS } from './parts.ts'
import type { Assignment, Command } from './rounds.ts'
import type { Scale } from './scale.ts'

endWithParent()
const { part, title, row, scale } = JSON.parse(process.argv[2]!) as Assignment
const { tables } = await PARTS[part]()
const table = tables.find((one) => one.title === title)!
if (table.turns === undefined) {
  process.send!(await table.cells.find((one) => one.row === row)!.run(scale))
} else {
  await obey(
    table.cells.find((one) => one.row === row)!,
    scale,
  )
}

/** Tells when the cell is ready, and then of each turn that it is told to take, and of the end. */
async function obey(cell: CellInTurns, scale: Scale): Promise<void> {
  const turns = await cell.open(scale)
  async function take(): Promise<void> {
    await turns.take()
    process.send!('taken')
  }
  async function end(): Promise<void> {
    process.send!(await turns.end())
  }
  process.on('message', (command: Command) => void (command === 'turn' ? take() : end()))
  process.send!('ready')
}
