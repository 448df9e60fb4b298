import type { AdapterCaseName } from '../adapter-cases.ts'
import type { ServeApp } from '../run-adapter-case.ts'

/** By what is wrong with them: adapters that are right in all else, and the cases that must notice. */
export type Faults = Readonly<Record<string, readonly [serve: ServeApp, ...caughtBy: AdapterCaseName[]]>>
