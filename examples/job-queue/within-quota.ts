import { setTimeout as sleepMs } from 'node:timers/promises'

import type { RateLimiter } from '@rl/core'

/** 24 days: after a longer one, Node would not wait at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Waits until the quota of an outside API has room for one more call, and makes it. Workers of several processes share the
 * quota where their limiters share a store.
 *
 * @param api An endpoint that the limiter has a rule for.
 * @param sleep Waits so many milliseconds.
 */
export async function withinQuota<T>(
  limiter: RateLimiter<string, string>,
  api: string,
  call: () => Promise<T>,
  sleep: (ms: number) => Promise<unknown> = sleepMs,
): Promise<T> {
  for (;;) {
    // Nobody is named: it is one budget for all.
    const { allowed, retryAfterMs } = await limiter.checkEndpointRateLimit(api)
    if (allowed) return call()
    if (retryAfterMs === Infinity) throw new Error(`The limit of ${api} admits no call at all`)
    await sleep(Math.min(retryAfterMs, LONGEST_TIMER_MS))
  }
}
