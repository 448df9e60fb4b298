import type { RateLimitResult } from '@rl/core'

/** What the routes answer, whichever framework serves them. */
export const answers = {
  data: (decision: RateLimitResult | undefined) => ({
    data: 'something worth limiting',
    plan: decision?.tier ?? 'anonymous',
  }),
  upload: () => ({ uploaded: true }),
  login: () => ({ error: 'wrong password' }),
  search: (query: unknown) => ({ query: query ?? '', results: [] }),
}
