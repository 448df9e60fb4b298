import type { Part } from './part.ts'

/** Each is loaded only where it is run, so that none is measured with the others in memory. */
export const PARTS = {
  memory: async (): Promise<Part> => (await import('./memory/memory.ts')).memory,
  heap: async (): Promise<Part> => (await import('./heap/heap.ts')).heap,
  redis: async (): Promise<Part> => (await import('./redis/redis.ts')).redis,
  sqlite: async (): Promise<Part> => (await import('./sqlite/sqlite.ts')).sqlite,
  http: async (): Promise<Part> => (await import('./http/http.ts')).http,
  exactness: async (): Promise<Part> => (await import('./exactness/exactness.ts')).exactness,
} as const satisfies Record<string, () => Promise<Part>>

export type PartName = keyof typeof PARTS

export const PART_NAMES = Object.keys(PARTS) as PartName[]
