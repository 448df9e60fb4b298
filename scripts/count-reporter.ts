import type { Reporter } from 'vitest/node'

/** Ends a run with the one line that a machine reads: `N passed, N failed, N skipped`. */
export const countReporter: Reporter = {
  onTestRunEnd(modules, _errors, reason) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
    }
    // A run cut short leaves tests pending; a file that cannot be loaded has no test that could fail.
    const failed = count.failed + count.pending || (reason === 'passed' ? 0 : 1)
    process.stdout.write(`${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`)
  },
}
