import { RateLimiter, rateLimitHeaders } from '@rl/core'
import type { AlgorithmName, HeaderFormat, Rate, RateLimitRequest, Rules } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'

import type { Contender, Quota } from '../contender.ts'

/** What a limiter is to hold requests to, and what it is told of one. */
interface Example {
  readonly limits: string
  /** How many of them apply to each request. */
  readonly applying: number
  readonly rules: (quota: Quota, algorithm: AlgorithmName) => Rules
  readonly request: (ip: string) => RateLimitRequest
}

const rateOf = ({ quota, windowMs }: Quota, times = 1): Rate => `${times * quota} per ${windowMs / 1000} seconds`

export const oneLimit: Example = {
  limits: 'one limit',
  applying: 1,
  rules: (quota, algorithm) => ({ ip: { rate: rateOf(quota), algorithm } }),
  request: (ip) => ({ ip, method: 'GET', endpoint: '/api/search' }),
}

export const threeLimits: Example = {
  limits: 'three limits',
  applying: 3,
  rules: (quota, algorithm) => ({
    ip: { rate: rateOf(quota), algorithm, appliesTo: 'everyone' },
    tiers: { free: { rate: rateOf(quota, 10), algorithm } },
    endpoints: { '/api/search': { rate: rateOf(quota, 100), algorithm } },
  }),
  request: (ip) => ({ ip, userId: ip, method: 'GET', endpoint: '/api/search' }),
}

/** All of a request's decision but the framework: the limiter, its result, and the values of the header fields. */
export function wholeDecision(
  { limits, applying, rules, request }: Example,
  algorithm: AlgorithmName,
  formats: readonly HeaderFormat[] = ['legacy'],
): Contender {
  return {
    name: `**ours**, ${limits}, ${algorithm}${formats.length > 1 ? ', all default fields' : ''}`,
    ours: algorithm,
    make(quota) {
      const limiter = new RateLimiter({ store: new MemoryStore(), ...rules(quota, algorithm) })
      return async function ask(addresses) {
        let admitted = 0
        for (const ip of addresses) {
          const result = await limiter.isAllowed(request(ip))
          const fields = rateLimitHeaders(result, { formats })
          const isWhole = result.policies.length === applying && fields['x-ratelimit-remaining'] !== undefined
          if (result.allowed && isWhole) admitted += 1
        }
        return admitted
      }
    },
  }
}
