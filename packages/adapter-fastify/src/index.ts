export { rateLimit } from './rate-limit.ts'
export type { RateLimitOptions } from './rate-limit.ts'
export type { RouteRateLimit } from './route-rules.ts'
