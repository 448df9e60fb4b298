import type { Reservation } from '@rl/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import { rateLimit } from './rate-limit.ts'

declare const app: FastifyInstance
declare const request: FastifyRequest
export const decision: Reservation | undefined = request.rateLimit
// @ts-expect-error a request that is skipped has no decision
export const certain: Reservation = request.rateLimit

void app.register(rateLimit, { identify: ({ headers }) => ({ userId: headers['x-user']?.toString() }) })
// @ts-expect-error no such hook
void app.register(rateLimit, { hook: 'onSend' })
