import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { tableText } from './markdown.ts'
import type { Table } from './part.ts'
import { PART_NAMES } from './parts.ts'
import { DOCUMENT, placeOf } from './report.ts'

const nobody = async (): Promise<never> => {
  throw new Error('Nothing runs here')
}
const table: Table = {
  title: 'One hot key',
  columns: { cpuNs: 'CPU ns' },
  base: { row: 'Map', measure: 'cpuNs' },
  cells: [
    { row: 'Map', run: nobody },
    {
      row: '**ours**',
      aims: [
        { measure: 'cpuNs', per: 'Map', sign: '≤', bound: 1.4 },
        { measure: 'cpuNs', sign: '≤', bound: 1500, inEveryRound: true },
      ],
      run: nobody,
    },
  ],
}

it('shows the median of each row, what it is of the base, and each aim beside the figure', () => {
  const rows = [
    { row: 'Map', rounds: [{ cpuNs: 1000 }, { cpuNs: 1000 }, { cpuNs: 1100 }] },
    { row: '**ours**', rounds: [{ cpuNs: 1500 }, { cpuNs: 1300 }, { cpuNs: 1430 }] },
  ]
  expect(tableText(table, rows)).toBe(
    `
|          | CPU ns | CPU ns ÷ Map |    rounds | aim                                                        |
| -------- | -----: | -----------: | --------: | ---------------------------------------------------------- |
| Map      |  1,000 |         1.00 | 1.00–1.00 |                                                            |
| **ours** |  1,430 |         1.30 | 1.30–1.50 | ≤ 1.4: 1.30, met; CPU ns ≤ 1500 in every round: 1,500, met |
`.trim(),
  )
})

it.each(PART_NAMES)('finds the place of %s in docs/benchmarks.md', (part) => {
  expect(placeOf(part).test(readFileSync(DOCUMENT, 'utf8'))).toBe(true)
})
