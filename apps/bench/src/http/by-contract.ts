import type { PolicyResult, RateLimitAnswer, RequestFacts, Reservation } from '@rl/core'

import type { Quota } from '../contender.ts'
import { mapWindows } from '../map-windows.ts'

const FIELDS = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'] as const

/**
 * Windows in a `Map`, answered as ours answers an adapter: a decision that lists its limits and can be settled, and fields by
 * name. What none with that contract can do without: it checks nothing, and has one limit for everyone.
 */
export function answersByContract(
  quota: Quota,
  [limitField, remainingField, resetField]: readonly [string, string, string] = FIELDS,
): (facts: RequestFacts) => RateLimitAnswer {
  const charge = mapWindows(quota)
  return function answerTo({ ip }) {
    const { allowed, remaining, resetSeconds } = charge(ip!)
    const resetAfterMs = 1000 * resetSeconds
    const standing = { allowed, limit: quota.quota, remaining, retryAfterMs: allowed ? 0 : resetAfterMs, resetAfterMs }
    const policy: PolicyResult = { name: 'ip', kind: 'ip', ...quota, ...standing }
    const reason = allowed ? undefined : 'quota-exceeded'
    const result: Reservation = {
      ...standing,
      reason,
      policy: 'ip',
      tier: undefined,
      degraded: undefined,
      policies: [policy],
      shadows: [],
      settle: () => Promise.resolve(),
    }
    const headers = {
      [limitField]: String(quota.quota),
      [remainingField]: String(remaining),
      [resetField]: String(resetSeconds),
    }
    const [statusCode, message] = allowed ? [200, 'OK'] : [429, 'Too Many Requests']
    return { allowed, statusCode, reason, message, headers, body: '', result }
  }
}
