import type { Ask } from '../contender.ts'
import { keyOf } from '../keys.ts'

const BATCH = 1000

/** Asks once for each of so many new keys, none of which is kept here, and answers how many were admitted. */
export async function fill(ask: Ask, keys: number, from = 0): Promise<number> {
  let admitted = 0
  for (let done = 0; done < keys; done += BATCH) {
    const count = await ask(Array.from({ length: Math.min(BATCH, keys - done) }, (_, i) => keyOf(from + done + i)))
    admitted += count
  }
  return admitted
}

/** What is in use after a garbage collection: the heap, and what typed arrays hold beside it. */
export function usedBytes(): number {
  if (!globalThis.gc) throw new Error('Expected Node to be started with --expose-gc')
  // The first one may leave what only then turns out to be garbage.
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
