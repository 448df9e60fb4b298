import type { AlgorithmName } from '@rl/core'
import { SqliteStore } from '@rl/store-sqlite'

import type { Contender } from '../contender.ts'
import { ourStore, ourStoreForThree } from '../our-store.ts'

const open = (path: string): SqliteStore => new SqliteStore({ path })

export function sqliteStore(algorithm: AlgorithmName): Contender<string> {
  return ourStore(algorithm, open)
}

export function sqliteStoreForThree(algorithm: AlgorithmName): Contender<string> {
  return ourStoreForThree(algorithm, open)
}
