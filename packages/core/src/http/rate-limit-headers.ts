import { decisivePolicy } from '../limiter/result.ts'
import type { RateLimitResult } from '../limiter/result.ts'
import type { RuleKind } from '../limiter/rule.ts'

/** Header fields by name, as every framework takes them. */
export type HeaderFields = Readonly<Record<string, string>>

/**
 * The header fields that tell a client where it stands: `X-RateLimit-Limit`, `-Remaining` and `-Reset` (whole seconds
 * until the limit is wholly available again), and `Retry-After` (RFC 9110, 10.2.3) on a denial that waiting can cure.
 * Seconds are rounded up: to come back then is never too early. No fields if no limit applies.
 *
 * @param options.prefer The family of limits to tell of, if one of it applies. @default the one that decided
 *
 * @example
 * ```ts
 * import { RateLimiter, rateLimitHeaders } from '@rl/core'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * const limiter = new RateLimiter({ store: new MemoryStore() })
 * const headers = rateLimitHeaders(await limiter.isAllowed({ ip: '203.0.113.7' }))
 * // { 'X-RateLimit-Limit': '100', 'X-RateLimit-Remaining': '99', 'X-RateLimit-Reset': '60' }
 * ```
 */
export function rateLimitHeaders(result: RateLimitResult, options: { readonly prefer?: RuleKind } = {}): HeaderFields {
  const preferred = decisivePolicy(result.policies.filter(({ kind }) => kind === options.prefer))
  const shown = preferred ?? decisivePolicy(result.policies)
  if (!shown) return {}
  const isCurable = !result.allowed && Number.isFinite(result.retryAfterMs)
  return {
    'X-RateLimit-Limit': String(shown.limit),
    'X-RateLimit-Remaining': String(shown.remaining),
    'X-RateLimit-Reset': String(wholeSeconds(shown.resetAfterMs)),
    ...(isCurable && { 'Retry-After': String(wholeSeconds(result.retryAfterMs)) }),
  }
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000)
}
