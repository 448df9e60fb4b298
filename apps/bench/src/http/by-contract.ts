import { isIP } from 'node:net'

import type { Limit, PolicyResult, RateLimitAnswer, RequestFacts, Reservation, Verdict } from '@rl/core'

import type { Quota } from '../contender.ts'
import { checkedMapOfWindows } from '../stores-by-hand.ts'

/**
 * Windows in a `Map`, by the contracts that ours keeps: the client's address has to be one; a store is asked with a list of charges,
 * which it checks, and answers in one of verdicts; an adapter is answered with a decision that lists its limits and can be settled,
 * and with fields by name. What none with these contracts can do without: it has one limit for everyone, and no other rules.
 */
export function answersByContract(quota: Quota): (facts: RequestFacts) => RateLimitAnswer {
  const consume = checkedMapOfWindows()
  const { quota: units, windowMs } = quota
  const limit: Limit = { algorithm: 'fixed-window', quota: units, windowMs }
  return function answerTo({ ip = '' }) {
    if (isIP(ip) === 0) throw new Error(`Expected an address, got ${ip}`)
    const verdicts = consume([{ key: ip, limit, cost: 1 }]) as readonly Verdict[]
    const { allowed, remaining, retryAfterMs, resetAfterMs } = verdicts[0]!
    // Each object is made in one go: to spread one into another takes several times as long.
    const policy: PolicyResult = {
      name: 'ip',
      kind: 'ip',
      quota: units,
      windowMs,
      allowed,
      limit: units,
      remaining,
      retryAfterMs,
      resetAfterMs,
    }
    const reason = allowed ? undefined : 'quota-exceeded'
    const result: Reservation = {
      allowed,
      reason,
      policy: 'ip',
      limit: units,
      remaining,
      retryAfterMs,
      resetAfterMs,
      tier: undefined,
      degraded: undefined,
      policies: [policy],
      shadows: [],
      settle: () => Promise.resolve(),
    }
    const headers = {
      'x-ratelimit-limit': `${units}`,
      'x-ratelimit-remaining': `${remaining}`,
      'x-ratelimit-reset': `${Math.ceil(resetAfterMs / 1000)}`,
    }
    if (allowed) return { allowed, statusCode: 200, reason, message: 'OK', headers, body: '', result }
    return { allowed, statusCode: 429, reason, message: 'Too Many Requests', headers, body: '', result }
  }
}
