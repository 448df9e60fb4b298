import type { StoreEvents } from '../stores/guarded-store.ts'
import type { RateLimitRequest } from './request.ts'
import type { RateLimitResult } from './result.ts'

/** A request, and what became of it. */
export interface DecisionEvent {
  readonly request: RateLimitRequest
  readonly result: RateLimitResult
}

/** What a limiter tells, by `limiter.on`, while it happens. */
export interface LimiterEvents extends StoreEvents {
  /** A request has been decided, and charged if it is allowed. Also one that is on a list, and so under no limit. */
  readonly decision: DecisionEvent
  /** A request has been denied. */
  readonly block: DecisionEvent
}

export const LIMITER_EVENTS = {
  decision: true,
  block: true,
  storeCall: true,
  storeError: true,
  storeRecovered: true,
} as const satisfies Record<keyof LimiterEvents, true>
