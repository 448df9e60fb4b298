import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startChild } from '../child.ts'
import type { Child } from '../child.ts'
import type { Aim, Measures, Part, Table } from '../part.ts'
import type { Scale } from '../scale.ts'
import type { Contender } from '../contender.ts'
import { withOneLimit, withThreeLimits } from './contenders.ts'
import { upsert } from './floors.ts'
import type { FileLoad } from './load-file.ts'

const LOAD_FILE = new URL('../../dist/sqlite/load-file.js', import.meta.url)

function table(
  title: string,
  contenders: readonly Contender<string>[],
  processes: number,
  aims: readonly Aim[] = [],
): Table {
  return {
    title,
    columns: { perSecond: 'decisions/s', cpuUs: 'CPU µs', longestMs: 'longest wait ms' },
    base: { row: upsert.name, measure: 'perSecond' },
    cells: contenders.map(({ name, ours }) => ({
      row: name,
      aims: ours ? aims : [],
      run: (scale) => measure(name, processes, scale),
    })),
  }
}

async function measure(name: string, processes: number, { durationMs }: Scale): Promise<Measures> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const args = [name, join(folder, 'limits.db'), String(durationMs)]
  const children: Child[] = []
  try {
    for (let i = 0; i < processes; i++) {
      const child = startChild(LOAD_FILE, args)
      children.push(child)
      // One after the other: to make the tables is no race.
      await child.receive()
    }
    // A process that got no turn while it was to warm up would else be measured when the others are done.
    await tellAll(children)
    return measuresOf(await tellAll<FileLoad>(children))
  } finally {
    await Promise.all(children.map((child) => child.end()))
    rmSync(folder, { recursive: true })
  }
}

/** Tells them to go on, all at once, and answers what each says then. */
function tellAll<T>(children: readonly Child[]): Promise<T[]> {
  for (const child of children) child.send('go')
  return Promise.all(children.map((child) => child.receive<T>()))
}

function measuresOf(loads: readonly FileLoad[]): Measures {
  const asked = loads.reduce((sum, load) => sum + load.asked, 0)
  const cpuMs = loads.reduce((sum, load) => sum + load.cpuMs, 0)
  // From the first question to the last answer: what each has got by itself says nothing of what they get together.
  const wallMs = Math.max(...loads.map((load) => load.endedAt)) - Math.min(...loads.map((load) => load.startedAt))
  return {
    perSecond: (1000 * asked) / wallMs,
    cpuUs: (1000 * cpuMs) / asked,
    longestMs: Math.max(...loads.map(({ longestMs }) => longestMs)),
  }
}

/** Decisions in a file, with 64 under way at a time in each process. */
export const sqlite: Part = {
  packages: ['better-sqlite3', 'rate-limiter-flexible'],
  tables: [
    table('One process', withOneLimit, 1, [{ measure: 'perSecond', per: upsert.name, sign: '≥', bound: 1.5 }]),
    table('Two processes on one file', withOneLimit, 2, [
      { measure: 'perSecond', per: upsert.name, sign: '≥', bound: 1 },
      { measure: 'longestMs', sign: '≤', bound: 100, inEveryRound: true },
    ]),
    table('Three limits, one process', withThreeLimits, 1),
  ],
}
