import { checkOptions } from '@rl/core'
import { describe, it } from 'vitest'

import { checkedCaseOptions, runStoreCase } from './run-store-case.ts'
import type { MakeStore, StoreCaseOptions } from './run-store-case.ts'
import { storeCases } from './store-cases.ts'
import type { StoreCaseName } from './store-cases.ts'

export interface StoreConformanceOptions extends StoreCaseOptions {
  /** The cases that this store does not pass yet, each with the reason, which is shown. */
  readonly skip?: Partial<Readonly<Record<StoreCaseName, string>>>
}

const OPTIONS = { skip: true, runs: true, seed: true } as const satisfies Record<keyof StoreConformanceOptions, true>
const CASES = Object.fromEntries(Object.keys(storeCases).map((name) => [name, true as const]))
const TIMEOUT_MS = 60_000

/**
 * Holds a store to the contract: registers a Vitest suite with a test for each promise.
 *
 * @param name What the store is called in the report.
 * @throws {ConfigError} `RL_UNKNOWN_OPTION` if a case is to be skipped that does not exist, `RL_INVALID_OPTION` if `runs` is no
 * positive integer.
 *
 * @example
 * ```ts
 * import { storeConformance } from '@rl/conformance'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * storeConformance('memory', ({ clock }) => new MemoryStore({ clock }))
 * ```
 */
export function storeConformance(name: string, make: MakeStore, options: StoreConformanceOptions = {}): void {
  checkOptions('storeConformance', options, OPTIONS)
  const { skip = {}, ...others } = options
  const caseOptions = checkedCaseOptions(others)
  checkOptions('`skip`', skip, CASES)
  describe(name, () => {
    for (const caseName of Object.keys(storeCases) as StoreCaseName[]) {
      const reason = skip[caseName]
      const title = reason === undefined ? caseName : `${caseName} (skipped: ${reason})`
      it.skipIf(reason !== undefined)(title, { timeout: TIMEOUT_MS }, () => runStoreCase(caseName, make, caseOptions))
    }
  })
}
