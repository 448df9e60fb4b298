import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again, every 20 ms, until the answer is yes. A question that rejects counts as a no, and the last such
 * error is the cause of the one thrown when ten seconds have passed.
 */
export async function waitUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000
  for (;;) {
    let cause: unknown
    try {
      if (await isSo()) return
    } catch (error) {
      cause = error
    }
    if (performance.now() > deadline) throw new Error(`Waited ten seconds in vain: ${what}`, { cause })
    await sleep(20)
  }
}
