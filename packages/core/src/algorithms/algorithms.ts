import { ConfigError, shown } from '../errors.ts'
import type { Limit } from '../limits/limit.ts'
import type { Algorithm } from './algorithm.ts'
import { fixedWindow } from './fixed-window.ts'
import { slidingWindowCounter } from './sliding-window-counter.ts'
import { slidingWindow } from './sliding-window.ts'
import { tokenBucket } from './token-bucket.ts'

/** Every algorithm by the name that a limit calls it. */
export const algorithms = Object.freeze({
  'fixed-window': fixedWindow,
  'sliding-window': slidingWindow,
  'sliding-window-counter': slidingWindowCounter,
  'token-bucket': tokenBucket,
}) satisfies Readonly<Record<string, Algorithm>>

/** How a limit calls its algorithm. */
export type AlgorithmName = keyof typeof algorithms

/**
 * The algorithm that a limit names.
 *
 * @throws {ConfigError} `RL_INVALID_LIMIT`
 */
export function algorithmOf(limit: Limit): Algorithm {
  // Asked for each charge: a look-up in a `Map` takes V8 100 instructions.
  switch (limit.algorithm as AlgorithmName) {
    case 'fixed-window':
      return fixedWindow
    case 'sliding-window':
      return slidingWindow
    case 'sliding-window-counter':
      return slidingWindowCounter
    case 'token-bucket':
      return tokenBucket
    default:
      throw new ConfigError(
        'RL_INVALID_LIMIT',
        `Expected \`algorithm\` to be one of ${Object.keys(algorithms).join(', ')}, got ${shown(limit.algorithm)}`,
      )
  }
}
