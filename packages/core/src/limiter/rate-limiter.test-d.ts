import type { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'

declare const store: MapStore

const limiter = new RateLimiter({ store, tiers: { basic: '1 per minute', gold: '2 per minute' }, defaultTier: 'basic' })
await limiter.isAllowed({ ip: '192.0.2.1', tier: 'gold' })

// A tier that comes from a database is a text, which the limiter checks as it runs.
declare const stored: string
await limiter.isAllowed({ userId: 'u', tier: stored })

// @ts-expect-error the default tier is one of the tiers
export const lost = new RateLimiter({ store, tiers: { basic: '1 per minute' }, defaultTier: 'gold' })
// @ts-expect-error no such unit
export const misspelt = new RateLimiter({ store, ip: '10 per fortnight' })
// @ts-expect-error no such option
export const unknown = new RateLimiter({ store, endpoint: { '/x': '1 per minute' } })
// @ts-expect-error a limiter needs a store
export const storeless = new RateLimiter({ ip: '10 per minute' })
