import type { State } from './algorithm.ts'
import { algorithms } from './algorithms.ts'
import type { AlgorithmName } from './algorithms.ts'
import { applyAlgorithm } from './apply-algorithm.ts'

const COLUMN_MS = 500
const COLUMNS = 40
const QUOTA = 6
const WINDOW_MS = 6000
const NAME_WIDTH = 24

/** How many requests come in each half second. */
const PATTERNS = {
  'Twice the quota, evenly': () => 1,
  'All at once, around the end of a window': (column: number) =>
    column === 0 ? 1 : column === 11 || column === 12 ? 8 : 0,
  'All at the end of a window, then again and again': (column: number) =>
    column === 0 || column > 18 ? 1 : column === 11 ? 8 : 0,
} as const satisfies Record<string, (column: number) => number>

/** What each algorithm admits of the same requests, as docs/algorithms.md shows it. */
export function drawings(): string {
  return Object.entries(PATTERNS)
    .map(([title, asked]) => [`${title}:`, '', '```text', ...drawing(asked), '```'].join('\n'))
    .join('\n\n')
}

function drawing(asked: (column: number) => number): string[] {
  const counts = Array.from({ length: COLUMNS }, (_, column) => asked(column))
  const lines = (Object.keys(algorithms) as AlgorithmName[]).map((algorithm) => {
    const admitted = admittedOf(algorithm, counts)
    return `${algorithm.padEnd(NAME_WIDTH)} ${drawn(admitted)}  ${sum(admitted)} admitted, at most ${busiest(admitted)} in 6 s`
  })
  const seconds = Array.from({ length: COLUMNS / 4 }, (_, i) => `${i * 2}s`.padEnd(4)).join('')
  return [' '.repeat(NAME_WIDTH + 1) + seconds.trimEnd(), `${'asked'.padEnd(NAME_WIDTH)} ${drawn(counts)}`, ...lines]
}

function admittedOf(algorithm: AlgorithmName, counts: readonly number[]): number[] {
  let state: State | undefined
  return counts.map((asked, column) => {
    let admitted = 0
    for (let i = 0; i < asked; i++) {
      const outcome = applyAlgorithm({ algorithm, quota: QUOTA, windowMs: WINDOW_MS }, state, 1, column * COLUMN_MS)
      if (outcome.verdict.allowed) admitted += 1
      state = outcome.state
    }
    return admitted
  })
}

/** One sign for each half second: how many, `·` for none and `+` for ten and more. */
function drawn(counts: readonly number[]): string {
  return counts.map((count) => (count === 0 ? '·' : count > 9 ? '+' : String(count))).join('')
}

function busiest(admitted: readonly number[]): number {
  const span = WINDOW_MS / COLUMN_MS
  return Math.max(...admitted.map((_, column) => sum(admitted.slice(column, column + span))))
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
