import { describe, expect, it } from 'vitest'

import type { Measures } from './part.ts'
import { PARTS } from './parts.ts'
import type { PartName } from './parts.ts'
import { runCell, runRounds } from './rounds.ts'
import { SCALES } from './scale.ts'

/** Runs a cell of a table on the smallest scale. */
async function run(part: PartName, title: string, row: string): Promise<Measures> {
  const { tables } = await PARTS[part]()
  const table = tables.find((one) => one.title === title)
  if (!table?.cells.some((one) => one.row === row)) throw new RangeError(`There is no cell ${row} of ${title}`)
  return runCell(part, table, row, SCALES.smoke)
}

describe('a cell, in a process of its own', () => {
  it.concurrent.each<[PartName, string, string, string[]]>([
    ['memory', 'One hot key, admitted', '**ours**, fixed-window', ['cpuNs', 'wallNs']],
    ['heap', 'Bytes for each of 1,000,000 live keys', '`Map` counter', ['bytes']],
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

it.each<[PartName, string, string[]]>([
  ['redis', 'One limit, 1 in flight', ['perSecond', 'clientUs', 'serverUs', 'commandUs', 'p50Us']],
  ['redis', 'Three limits, 64 in flight', ['perSecond', 'clientUs', 'serverUs', 'commandUs']],
  ['http', 'Fastify', ['cpuUs', 'wallUs']],
  ['http', 'Fastify, on `::`', ['cpuUs', 'wallUs']],
  ['http', 'Fastify, denied', ['cpuUs', 'wallUs']],
])('measures all cells of a table in turns: %s, %s', async (part, title, names) => {
  const { tables } = await PARTS[part]()
  const table = tables.find((one) => one.title === title)!
  const rows = await runRounds(part, table, SCALES.smoke, () => {})
  expect(rows.map(({ row }) => row)).toEqual(table.cells.map(({ row }) => row))
  for (const { rounds } of rows) {
    expect(rounds.map(Object.keys)).toEqual([names])
    expect(rounds.flatMap(Object.values).every(Number.isFinite)).toBe(true)
  }
})
