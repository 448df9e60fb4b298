import { algorithmOf } from '../algorithms/algorithms.ts'
import { ConfigError, shown } from '../errors.ts'
import type { Limit } from './limit.ts'
import { MAX_WINDOW_MS } from './rate.ts'

/**
 * Refuses a limit that is not made of whole numbers in range, or whose arithmetic could pass 2^53 and so lose count.
 *
 * @throws {ConfigError} `RL_INVALID_LIMIT`
 */
export function checkLimit(limit: Limit): void {
  if (typeof limit !== 'object' || limit === null) refuse(`Expected \`limit\` to be an object, got ${shown(limit)}`)
  const { quota, windowMs, burst } = limit
  const algorithm = algorithmOf(limit)
  if (!Number.isSafeInteger(quota) || quota < 0) {
    refuse(`Expected \`quota\` to be a whole number of at least 0, got ${shown(quota)}`)
  }
  if (!Number.isSafeInteger(windowMs) || windowMs < 1 || windowMs > MAX_WINDOW_MS) {
    refuse(`Expected \`windowMs\` to be a whole number from 1 to ${MAX_WINDOW_MS} (a year), got ${shown(windowMs)}`)
  }
  if (burst !== undefined) {
    if (!algorithm.bursts) refuse(`Expected no \`burst\` with ${limit.algorithm}, got ${shown(burst)}`)
    if (!Number.isSafeInteger(burst) || burst < 1)
      refuse(`Expected \`burst\` to be a positive integer, got ${shown(burst)}`)
  }
  if (algorithm.reach(limit) > Number.MAX_SAFE_INTEGER) {
    refuse(
      `Expected a limit that can be counted exactly, got ${algorithm.capacity(limit)} units in ${windowMs} ms, ` +
        `which takes ${limit.algorithm} past 2^53`,
    )
  }
}

function refuse(message: string): never {
  throw new ConfigError('RL_INVALID_LIMIT', message)
}
