export { rateLimit } from './rate-limit.ts'
export type { RateLimitEnv, RateLimitOptions } from './rate-limit.ts'
