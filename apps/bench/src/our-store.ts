import type { AlgorithmName, Store } from '@rl/core'

import { askEach, widened } from './contender.ts'
import type { Contender } from './contender.ts'

/** A store of ours that answers by promises, asked for one limit. */
export function ourStore<Backend>(algorithm: AlgorithmName, open: (backend: Backend) => Store): Contender<Backend> {
  return {
    name: `**ours**, ${algorithm}`,
    ours: algorithm,
    make(quota, backend) {
      const store = open(backend)
      const limit = { algorithm, ...quota }
      return askEach(async (key) => {
        const [verdict] = await store.consume([{ key, limit, cost: 1 }])
        return verdict!.allowed
      })
    },
  }
}

/** Such a store, asked for three limits in one call. */
export function ourStoreForThree<Backend>(
  algorithm: AlgorithmName,
  open: (backend: Backend) => Store,
): Contender<Backend> {
  return {
    name: `**ours**, three limits in one call, ${algorithm}`,
    ours: algorithm,
    make(quota, backend) {
      const store = open(backend)
      const [hard, medium, soft] = widened({ algorithm, ...quota })
      return askEach(async (key) => {
        const verdicts = await store.consume([
          { key: `a|${key}`, limit: hard, cost: 1 },
          { key: `b|${key}`, limit: medium, cost: 1 },
          { key: `c|${key}`, limit: soft, cost: 1 },
        ])
        return verdicts.every(({ allowed }) => allowed)
      })
    },
  }
}
