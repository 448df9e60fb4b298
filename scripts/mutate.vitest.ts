import { defineConfig } from 'vitest/config'
import config from '../vitest.config.ts'

/** The tests that a mutant of the algorithms or of the memory store has to get past: those that run within the process. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: (process.env['MUTATE_TESTS'] ?? 'packages/core/src/{algorithms,limits,stores}/*.test.ts packages/store-{memory,sqlite}/src/*.test.ts').split(' '),
    setupFiles: ['scripts/mutate.setup.ts'],
    testTimeout: 120_000,
    isolate: false,
  },
})
