import { defineConfig } from 'vitest/config'
import config from '../vitest.config.ts'

/** The tests that a mutant has to get past. `mutate.ts` says which. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    setupFiles: ['scripts/mutate.setup.ts'],
    testTimeout: 120_000,
    // One worker for all files of a run: a third of the time goes into starting them.
    isolate: false,
  },
})
