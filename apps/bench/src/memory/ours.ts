import type { AlgorithmName, Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import type { MemoryStoreOptions } from '@rl/store-memory'

import type { Contender } from '../contender.ts'

/** The memory store, asked for one limit. */
export function memoryStore(algorithm: AlgorithmName, options: MemoryStoreOptions = {}): Contender {
  return {
    name: `**ours**, ${algorithm}`,
    ours: true,
    make({ quota, windowMs }) {
      const store: Store = new MemoryStore(options)
      const limit = { algorithm, quota, windowMs }
      return async function ask(keys) {
        let admitted = 0
        for (const key of keys) {
          const [verdict] = await store.consume([{ key, limit, cost: 1 }])
          if (verdict!.allowed) admitted += 1
        }
        return admitted
      }
    },
  }
}

/** The memory store, asked for three limits in one call. */
export const memoryStoreForThree: Contender = {
  name: '**ours**, three limits in one call',
  ours: true,
  make({ quota, windowMs }) {
    const store: Store = new MemoryStore()
    const [hard, medium, soft] = [1, 10, 100].map((times) => ({
      algorithm: 'fixed-window',
      quota: times * quota,
      windowMs,
    }))
    return async function ask(keys) {
      let admitted = 0
      for (const key of keys) {
        const [a, b, c] = await store.consume([
          { key: `a:${key}`, limit: hard!, cost: 1 },
          { key: `b:${key}`, limit: medium!, cost: 1 },
          { key: `c:${key}`, limit: soft!, cost: 1 },
        ])
        if (a!.allowed && b!.allowed && c!.allowed) admitted += 1
      }
      return admitted
    }
  },
}
