import { defineConfig } from 'vitest/config'
import config from '../vitest.config.ts'

/** The tests that a mutant of the algorithms or of the memory store has to get past: those that run within the process. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ['packages/core/src/{algorithms,stores}/*.test.ts', 'packages/store-memory/src/*.test.ts'],
    // Without those that take seconds, which every mutant that gets through would pay for.
    testNamePattern: /^(?!.*(110 bytes|in short steps|spoken for again|different keys for different names))/,
    testTimeout: 120_000,
  },
})
