import type { Reservation } from '@rl/core'
import type { Request } from 'express'

import { rateLimit } from './rate-limit.ts'

declare const request: Request
export const decision: Reservation | undefined = request.rateLimit
// @ts-expect-error a request that is skipped has no decision
export const certain: Reservation = request.rateLimit

rateLimit({ identify: ({ headers }) => ({ userId: headers['x-user']?.toString() }) })
// @ts-expect-error no such unit
rateLimit({ ip: '100 per fortnight' })
// @ts-expect-error the default tier is one of the tiers
rateLimit({ tiers: { basic: '1 per minute' }, defaultTier: 'gold' })
