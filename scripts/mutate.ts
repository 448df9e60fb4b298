/**
 * `npm run mutate`: changes the code in one place at a time, and tells which changes no test notices.
 *
 * `-- core` narrows it to one group, `-- core packages/core/src/limits/rate.ts` to some of its files.
 */
import { Stryker } from '@stryker-mutator/core'

import { mutateLua } from './mutate-lua.ts'

interface Group {
  readonly mutate: readonly string[]
  /** Those that have to notice: the tests of the package itself, as far as they run within the process. */
  readonly testFiles: readonly string[]
}

const NO_TESTS = ['!**/*.test.ts', '!**/*.test-d.ts', '!**/*.fixture.ts']
const [core, memory, sqlite, redis] = ['core', 'store-memory', 'store-sqlite', 'store-redis'].map(
  (name) => `packages/${name}/src`,
)

const GROUPS: Readonly<Record<string, Group>> = {
  core: {
    mutate: [`${core}/{algorithms,client,limits}/*.ts`, `${core}/stores/apply-charges.ts`, ...NO_TESTS],
    testFiles: [`${core}/{algorithms,client,limits}/*.test.ts`, `${core}/stores/apply-charges.test.ts`],
  },
  sqlite: {
    mutate: [`${sqlite}/*.ts`, ...NO_TESTS],
    testFiles: [`${sqlite}/!(*.processes|*.conformance).test.ts`],
  },
  redis: {
    mutate: [`${redis}/*.ts`, ...NO_TESTS],
    testFiles: [`${redis}/{deny-cache,kinds,question,redis-store}.test.ts`],
  },
  memory: { mutate: [`${memory}/*.ts`, ...NO_TESTS], testFiles: [`${memory}/*.test.ts`] },
}

const [only, ...files] = process.argv.slice(2)
if (only !== undefined && only !== 'lua' && !Object.hasOwn(GROUPS, only)) {
  throw new Error(`Expected one of ${Object.keys(GROUPS).join(', ')} and lua, got ${only}`)
}
for (const [name, { mutate, testFiles }] of Object.entries(GROUPS)) {
  if (only !== undefined && only !== name) continue
  console.log(`\n${name}`)
  await new Stryker({ mutate: files.length > 0 ? files : [...mutate], testFiles: [...testFiles] }).runMutationTest()
}
if (only === undefined || only === 'lua') await mutateLua(files)
