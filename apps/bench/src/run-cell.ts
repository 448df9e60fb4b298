// Runs one cell, named by its part, its table and its row, and sends what it has measured to the process that started it.
import { endWithParent } from './child.ts'
import { PARTS } from './parts.ts'
import type { CellName } from './rounds.ts'

endWithParent()
const { part, table, row, scale } = JSON.parse(process.argv[2]!) as CellName
const { tables } = await PARTS[part]()
const cell = tables.find(({ title }) => title === table)!.cells.find((one) => one.row === row)!
process.send!(await cell.run(scale))
