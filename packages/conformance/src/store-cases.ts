import { allOrNothingCases } from './cases/all-or-nothing.ts'
import { changedLimitCases } from './cases/changed-limits.ts'
import { clockCases } from './cases/clock.ts'
import { denialCases } from './cases/denial.ts'
import { exactnessCases } from './cases/exactness.ts'
import { hostileInputCases } from './cases/hostile-input.ts'
import { keyCases } from './cases/keys.ts'
import { lifecycleCases } from './cases/lifecycle.ts'
import { modelCases } from './cases/model.ts'
import { peekingCases } from './cases/peeking.ts'
import { plainDataCases } from './cases/plain-data.ts'
import { refundingCases } from './cases/refunding.ts'
import { waitingCases } from './cases/waiting.ts'
import type { StoreCase } from './store-case.ts'

const cases = {
  ...exactnessCases,
  ...denialCases,
  ...allOrNothingCases,
  ...waitingCases,
  ...peekingCases,
  ...refundingCases,
  ...keyCases,
  ...clockCases,
  ...changedLimitCases,
  ...hostileInputCases,
  ...plainDataCases,
  ...lifecycleCases,
  ...modelCases,
}

/** What a case is called: the promise that it holds a store to. */
export type StoreCaseName = keyof typeof cases

/**
 * The store contract, promise by promise, as plain functions. `storeConformance` runs them all in Vitest; another test
 * runner can go through them by `runStoreCase`.
 *
 * @example
 * ```ts
 * import { storeCases } from '@rl/conformance'
 *
 * console.log(Object.keys(storeCases).join('\n'))
 * ```
 */
export const storeCases: Readonly<Record<StoreCaseName, StoreCase>> = Object.freeze(cases)
