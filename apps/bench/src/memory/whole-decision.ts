import { RateLimiter, rateLimitHeaders } from '@rl/core'
import type { HeaderFormat, Rate, RateLimitRequest, Rules } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'

import type { Contender, Quota } from '../contender.ts'

/** What a limiter is to hold requests to, and what it is told of one. */
interface Setting {
  readonly rules: (quota: Quota) => Rules
  readonly request: (ip: string) => RateLimitRequest
}

const rateOf = ({ quota, windowMs }: Quota, times = 1): Rate => `${times * quota} per ${windowMs / 1000} seconds`

export const oneLimit: Setting = {
  rules: (quota) => ({ ip: rateOf(quota) }),
  request: (ip) => ({ ip, method: 'GET', endpoint: '/api/search' }),
}

export const threeLimits: Setting = {
  rules: (quota) => ({
    ip: { rate: rateOf(quota), appliesTo: 'everyone' },
    tiers: { free: rateOf(quota, 10) },
    endpoints: { '/api/search': rateOf(quota, 100) },
  }),
  request: (ip) => ({ ip, userId: ip, method: 'GET', endpoint: '/api/search' }),
}

/** All of a request's decision but the framework: the limiter, its result, and the values of the header fields. */
export function wholeDecision(name: string, { rules, request }: Setting, formats: readonly HeaderFormat[]): Contender {
  return {
    name,
    ours: true,
    make(quota) {
      const limiter = new RateLimiter({ store: new MemoryStore(), ...rules(quota) })
      return async function ask(addresses) {
        let admitted = 0
        for (const ip of addresses) {
          const result = await limiter.isAllowed(request(ip))
          const fields = rateLimitHeaders(result, { formats })
          if (result.allowed && fields['x-ratelimit-remaining'] !== undefined) admitted += 1
        }
        return admitted
      }
    },
  }
}
