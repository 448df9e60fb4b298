import type { AlgorithmName } from '@rl/core'
import { SqliteStore } from '@rl/store-sqlite'

import { askEach } from '../contender.ts'
import type { Contender } from '../contender.ts'

/** The SQLite store, asked for one limit. */
export function sqliteStore(algorithm: AlgorithmName): Contender<string> {
  return {
    name: `**ours**, ${algorithm}`,
    ours: true,
    make({ quota, windowMs }, path) {
      const store = new SqliteStore({ path })
      const limit = { algorithm, quota, windowMs }
      return askEach(async (key) => {
        const [verdict] = await store.consume([{ key, limit, cost: 1 }])
        return verdict!.allowed
      })
    },
  }
}

/** The SQLite store, asked for three limits in one call. */
export function sqliteStoreForThree(algorithm: AlgorithmName): Contender<string> {
  return {
    name: `**ours**, three limits in one call, ${algorithm}`,
    ours: true,
    make({ quota, windowMs }, path) {
      const store = new SqliteStore({ path })
      const [hard, medium, soft] = [1, 10, 100].map((times) => ({ algorithm, quota: times * quota, windowMs }))
      return askEach(async (key) => {
        const verdicts = await store.consume([
          { key: `a|${key}`, limit: hard!, cost: 1 },
          { key: `b|${key}`, limit: medium!, cost: 1 },
          { key: `c|${key}`, limit: soft!, cost: 1 },
        ])
        return verdicts.every(({ allowed }) => allowed)
      })
    },
  }
}
