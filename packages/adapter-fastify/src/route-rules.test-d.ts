import type { FastifyInstance } from 'fastify'

import type { RouteRateLimit } from './route-rules.ts'

declare const app: FastifyInstance
const hello = (): string => 'hello'

app.get('/a', { config: { rateLimit: false } }, hello)
app.get('/a', { config: { rateLimit: '5 per minute' } }, hello)
app.get('/a', { config: { rateLimit: { rate: '5 per minute', per: 'user' } } }, hello)
app.get('/a', { config: { rateLimit: ['5 per second', '100 per hour'] } }, hello)
app.get('/a', { config: { rateLimit: { only: ['5 per second', '100 per hour'] } } }, hello)

// @ts-expect-error no such unit
app.get('/a', { config: { rateLimit: '5 per fortnight' } }, hello)
// @ts-expect-error the options of another plugin
app.get('/a', { config: { rateLimit: { max: 5, timeWindow: '1 minute' } } }, hello)
// @ts-expect-error a route is limited by a rule
export const unknown: RouteRateLimit = true
