// Prints the bytes that a live key of twelve characters takes under the algorithm named, measured at a million of them (node --expose-gc).
import { MemoryStore } from './memory-store.ts'

const KEYS = 1_000_000
const limit = { algorithm: process.argv[2]!, quota: 10, windowMs: 60_000 }

function usedBytes(): number {
  // What a typed array has let go of in the first is given back in the second.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Flat, as a key is that was read from a socket: a concatenation would be counted with its parts. */
function key(i: number): string {
  return Buffer.from(String(i).padStart(12, '0'), 'latin1').toString('latin1')
}

const store = new MemoryStore({ clock: () => 0 })
const before = usedBytes()
for (let i = 0; i < KEYS; i++) store.consume([{ key: key(i), limit, cost: 1 }])
process.stdout.write(String((usedBytes() - before) / KEYS))
