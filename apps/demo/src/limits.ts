import type { Rules } from '@rl/core'

/** The limits of the demo's API: every kind of limit, each at a route of its own. */
export const limits = {
  ip: '100 per minute',
  endpoints: {
    '/api/upload': { rate: '10 per minute', algorithm: 'token-bucket', burst: 3 },
    'POST /api/auth/login': { rate: '5 per 5 minutes', algorithm: 'sliding-window', per: 'ip' },
    '/api/search': { rate: '100 per hour', algorithm: 'fixed-window' },
  },
} as const satisfies Rules
