import { describe, expect, it } from 'vitest'

import type { Measures } from './part.ts'
import { PARTS } from './parts.ts'
import type { PartName } from './parts.ts'
import { runCells, runRounds } from './rounds.ts'
import { SCALES } from './scale.ts'

/** Runs the first of a part's cells that are called so, on the smallest scale. */
async function run(part: PartName, title: string, row: string): Promise<Measures> {
  const { tables } = await PARTS[part]()
  const table = tables.find((one) => one.title === title)
  const cell = table?.cells.find((one) => one.row === row)
  if (!table || !cell) throw new RangeError(`There is no cell ${row} of ${title}`)
  const [measures] = await runCells({ part, title, row, scale: SCALES.smoke }, table.nodeOptions)
  return measures!
}

describe('a cell, in a process of its own', () => {
  it.concurrent.each<[PartName, string, string, string[]]>([
    ['memory', 'One hot key, admitted', '**ours**, fixed-window', ['cpuNs', 'wallNs']],
    ['heap', 'Bytes for each of 1,000,000 live keys', '`Map` counter', ['bytes']],
    ['redis', 'One limit, 64 in flight', '**ours**, fixed-window', ['perSecond', 'clientUs', 'serverUs', 'commandUs']],
    ['sqlite', 'Two processes on one file', '**ours**, fixed-window', ['perSecond', 'cpuUs', 'longestMs']],
    ['exactness', 'The worst second, at 100 per second', '**ours**, sliding-window', ['most', 'times', 'bound']],
  ])('measures %s, as numbers', async (part, table, row, names) => {
    const measures = await run(part, table, row)
    expect(Object.keys(measures)).toEqual(names)
    expect(Object.values(measures).every(Number.isFinite)).toBe(true)
  })

  it.concurrent('finds twice the quota in one second of a limiter with fixed windows', async () => {
    const row = 'rate-limiter-flexible'
    expect(await run('exactness', 'The worst second, at 100 per second', row)).toEqual({ most: 199, times: 1.99 })
  })
})

it.each(['Fastify', 'Fastify, in one process', 'Fastify, on `::`, in one process', 'Fastify, denied, in one process'])(
  'measures all cells of a table together: %s',
  async (title) => {
    const { tables } = await PARTS.http()
    const table = tables.find((one) => one.title === title)!
    const rows = await runRounds('http', table, SCALES.smoke, () => {})
    expect(rows.map(({ row }) => row)).toEqual(table.cells.map(({ row }) => row))
    for (const { rounds } of rows) {
      expect(rounds.map(Object.keys)).toEqual([['cpuUs', 'wallUs']])
      expect(rounds.flatMap(Object.values).every(Number.isFinite)).toBe(true)
    }
  },
)
