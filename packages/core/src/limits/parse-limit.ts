import type { AlgorithmName } from '../algorithms/algorithms.ts'
import { checkOptions } from '../options.ts'
import { checkLimit } from './check-limit.ts'
import type { Limit } from './limit.ts'
import { parseRate } from './rate.ts'
import type { Rate } from './rate.ts'

/** A limit as people write it, where a bare rate does not say enough. */
export interface LimitSpec {
  readonly rate: Rate
  /** @default 'fixed-window' */
  readonly algorithm?: AlgorithmName
  /** Token bucket only: how many units can be spent at once. @default the rate's quota */
  readonly burst?: number
}

const SPEC_KEYS = { rate: true, algorithm: true, burst: true } as const satisfies Record<keyof LimitSpec, true>

/**
 * Reads a limit, and refuses one that could not be counted exactly.
 *
 * @throws {ConfigError} `RL_INVALID_RATE`, `RL_INVALID_LIMIT`, `RL_UNKNOWN_OPTION`
 *
 * @example
 * ```ts
 * import { parseLimit } from '@rl/core'
 *
 * parseLimit('100/hour') // { algorithm: 'fixed-window', quota: 100, windowMs: 3_600_000 }
 * parseLimit({ rate: '10 per minute', algorithm: 'token-bucket', burst: 3 })
 * ```
 */
export function parseLimit(spec: Rate | LimitSpec): Limit
export function parseLimit(spec: Rate | 'unlimited' | LimitSpec): Limit | 'unlimited'
export function parseLimit(spec: Rate | 'unlimited' | LimitSpec): Limit | 'unlimited' {
  if (typeof spec === 'string') return parseLimit({ rate: spec as Rate })
  checkOptions('a limit', spec, SPEC_KEYS)
  const { algorithm = 'fixed-window', burst } = spec
  const rate: string = spec.rate
  const parts = parseRate(rate)
  if (parts === 'unlimited') return parts
  const limit: Limit = Object.freeze({ algorithm, ...parts, ...(burst !== undefined && { burst }) })
  checkLimit(limit)
  return limit
}
