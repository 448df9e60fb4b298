import { RateLimiter } from '@rl/core'
import type { Store } from '@rl/core'

import { limits } from './limits.ts'

/** The limiter that the API asks and the page listens to. */
export function createLimiter(store: Store) {
  return new RateLimiter({ store, ...limits })
}

export type DemoLimiter = ReturnType<typeof createLimiter>
