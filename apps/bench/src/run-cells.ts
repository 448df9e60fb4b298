// Runs one cell, or all of a table that are measured together, and sends what they have measured to the process that started it.
import { endWithParent } from './child.ts'
import type { Measures } from './part.ts'
import { PARTS } from './parts.ts'
import type { Assignment } from './rounds.ts'

endWithParent()
const { part, title, row, scale } = JSON.parse(process.argv[2]!) as Assignment
const { tables } = await PARTS[part]()
const table = tables.find((one) => one.title === title)!
const measures: readonly Measures[] = table.run
  ? await table.run(scale)
  : [await table.cells.find((one) => one.row === row)!.run(scale)]
process.send!(measures)
