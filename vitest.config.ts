import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { countReporter } from './scripts/count-reporter.ts'

const packages = fileURLToPath(new URL('packages/', import.meta.url))

export default defineConfig({
  // Tests run on the sources: nothing has to be built first, and a stale dist cannot pass.
  resolve: {
    alias: [
      { find: /^@rl\/([\w-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@rl\/([\w-]+)\/([\w-]+)$/, replacement: `${packages}$1/src/$2.ts` },
    ],
  },
  test: {
    include: ['{packages,apps}/*/src/**/*.test.ts', 'docs/*.test.ts', 'examples/*/*.test.ts'],
    testTimeout: 30_000,
    reporters: ['default', countReporter],
    // By default one core is left to the watcher, which on a small CI machine is half of all.
    maxWorkers: '100%',
  },
})
