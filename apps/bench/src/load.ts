import type { Ask } from './contender.ts'

export interface LoadOptions {
  readonly durationMs: number
  /** How many ask at the same time, each for one batch after the other. */
  readonly inFlight: number
  /** What time is told by, in milliseconds. @default performance.now */
  readonly clock?: () => number
}

/** What came of a load. */
export interface Load {
  readonly asked: number
  readonly admitted: number
  readonly wallMs: number
  /** Of this process, all its threads. */
  readonly cpuMs: number
  /** How long each batch took, in the order of the answers. */
  readonly waitsMs: readonly number[]
}

/** The time that this process has been at work, all its threads: it stands still while other processes have the cores. */
export const cpuClock = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Asks for the batches of keys in turn, again and again, until the time is over. */
export async function load(
  ask: Ask,
  batches: readonly (readonly string[])[],
  { durationMs, inFlight, clock = () => performance.now() }: LoadOptions,
): Promise<Load> {
  const waitsMs: number[] = []
  let turn = 0
  let asked = 0
  let admitted = 0
  const cpuBefore = cpuClock()
  const start = performance.now()
  const end = clock() + durationMs

  async function caller(): Promise<void> {
    let now = performance.now()
    do {
      const batch = batches[turn++ % batches.length]!
      // Not in one statement, which would read the sum before it waits.
      const count = await ask(batch)
      admitted += count
      asked += batch.length
      const answered = performance.now()
      waitsMs.push(answered - now)
      now = answered
    } while (clock() < end)
  }
  await Promise.all(Array.from({ length: inFlight }, caller))

  return { asked, admitted, wallMs: performance.now() - start, cpuMs: cpuClock() - cpuBefore, waitsMs }
}

/** Keys in batches of this size; what is left over at the end is left out. */
export function batchesOf(keys: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.floor(keys.length / size) }, (_, i) => keys.slice(i * size, (i + 1) * size))
}
