import type { AlgorithmName, Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import type { MemoryStoreOptions } from '@rl/store-memory'

import type { Contender } from '../contender.ts'
import { askForOne, askForThree } from './ask-store.ts'

/** The memory store, asked for one limit. */
export function memoryStore(algorithm: AlgorithmName, options: MemoryStoreOptions = {}): Contender {
  return {
    name: `**ours**, ${algorithm}`,
    ours: algorithm,
    make: (quota) => askForOne(consumeOf(new MemoryStore(options)), { algorithm, ...quota }),
  }
}

/** The memory store, asked for three limits in one call. */
export function memoryStoreForThree(algorithm: AlgorithmName): Contender {
  return {
    name: `**ours**, three limits in one call, ${algorithm}`,
    ours: algorithm,
    make: (quota) => askForThree(consumeOf(new MemoryStore()), { algorithm, ...quota }),
  }
}

function consumeOf(store: Store): Store['consume'] {
  return (charges) => store.consume(charges)
}
