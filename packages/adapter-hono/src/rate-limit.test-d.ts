import type { Reservation } from '@rl/core'
import { Hono } from 'hono'
import type { GetConnInfo } from 'hono/conninfo'

import { rateLimit } from './rate-limit.ts'

declare const getConnInfo: GetConnInfo

new Hono().use(rateLimit({ getConnInfo })).get('/', (c) => {
  const decision: Reservation | undefined = c.var.rateLimit
  // @ts-expect-error a request that is skipped has no decision
  const certain: Reservation = c.var.rateLimit
  return c.json([decision, certain])
})

rateLimit({ getConnInfo, identify: (c) => ({ userId: c.req.header('x-user') }) })
// @ts-expect-error nobody guesses the address
rateLimit({})
// @ts-expect-error no such unit
rateLimit({ getConnInfo, ip: '100 per fortnight' })
