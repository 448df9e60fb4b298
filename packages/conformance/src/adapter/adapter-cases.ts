import type { AdapterCase } from './adapter-case.ts'
import { admissionCases } from './cases/admission.ts'
import { answerCases } from './cases/answers.ts'
import { fieldCases } from './cases/fields.ts'
import { outageCases } from './cases/outages.ts'
import { requestCases } from './cases/requests.ts'

const cases = {
  ...admissionCases,
  ...answerCases,
  ...fieldCases,
  ...requestCases,
  ...outageCases,
}

/** What a case is called: the promise that it holds an adapter to. */
export type AdapterCaseName = keyof typeof cases

/**
 * What every adapter promises, as plain functions that send real requests. `adapterConformance` runs them all in
 * Vitest; another test runner can go through them by `runAdapterCase`.
 *
 * @example
 * ```ts
 * import { adapterCases } from '@rl/conformance'
 *
 * console.log(Object.keys(adapterCases).join('\n'))
 * ```
 */
export const adapterCases: Readonly<Record<AdapterCaseName, AdapterCase>> = Object.freeze(cases)
