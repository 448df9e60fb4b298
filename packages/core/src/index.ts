export { applyAlgorithm } from './algorithms/apply-algorithm.ts'
export { algorithms } from './algorithms/algorithms.ts'
export type { AlgorithmName } from './algorithms/algorithms.ts'
export type { Algorithm, Outcome, Receipt, State, Verdict } from './algorithms/algorithm.ts'
export { readClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { clientKey } from './client/client-key.ts'
export type { ClientKeyOptions } from './client/client-key.ts'
export { DosGuard } from './dos/dos-guard.ts'
export type { DosGuardStats, Inspection } from './dos/dos-guard.ts'
export type { BanEvent, DosGuardEvents } from './dos/dos-guard-events.ts'
export type { DosGuardOptions } from './dos/dos-guard-options.ts'
export type { Ban, BanOptions } from './dos/ban-list.ts'
export type { NetworkName } from './dos/width.ts'
export { ConfigError, isCoded, RequestError, StoreError } from './errors.ts'
export type { ConfigErrorCode, RequestErrorCode, StoreErrorCode } from './errors.ts'
export type { Listener } from './events.ts'
export { rateLimitHeaders } from './http/rate-limit-headers.ts'
export type { HeaderFields, HeaderFormat, HeaderOptions } from './http/rate-limit-headers.ts'
export type { DosOption } from './http/attack-gate.ts'
export { RateLimitingMiddleware } from './http/rate-limiting-middleware.ts'
export type {
  Identity,
  MiddlewareOptions,
  OwnAnswer,
  RateLimitAnswer,
  RequestFacts,
  RequestOptions,
} from './http/rate-limiting-middleware.ts'
export type { Problem, ProblemReason } from './http/problem.ts'
export type { LogEntry, LogLevel, Logger, LogOptions, Reporter } from './logger.ts'
export type { AccessOptions } from './limiter/access-lists.ts'
export type { Health, StoreHealth } from './limiter/health.ts'
export type { DecisionEvent, LimiterEvents } from './limiter/limiter-events.ts'
export { RateLimiter } from './limiter/rate-limiter.ts'
export type { CheckOptions, PolicyName } from './limiter/rate-limiter.ts'
export type { RateLimiterOptions } from './limiter/rate-limiter-options.ts'
export type { Reservation } from './limiter/reservation.ts'
export type { RateLimitRequest } from './limiter/request.ts'
export type { Degraded, DenialReason, PolicyResult, RateLimitResult } from './limiter/result.ts'
export type {
  EndpointRuleSpec,
  IpRuleSpec,
  OutageOptions,
  Per,
  QuotaRate,
  Rule,
  RuleKind,
  RuleSpec,
} from './limiter/rule.ts'
export type { RouteRule, Rules } from './limiter/rule-set.ts'
export type { LimiterStats, Tally } from './limiter/stats.ts'
export { defaultTiers } from './limiter/tiers.ts'
export type { Limit } from './limits/limit.ts'
export { parseLimit } from './limits/parse-limit.ts'
export type { LimitSpec } from './limits/parse-limit.ts'
export { parseRate } from './limits/rate.ts'
export type { Rate, RateParts, Window } from './limits/rate.ts'
export type { MaybePromise } from './maybe-promise.ts'
export { checkFunction, checkOptions, positiveInteger } from './options.ts'
export { applyCharges, checkCharge, refundCharges } from './stores/apply-charges.ts'
export type { Decision, StateReader, StateWrite } from './stores/apply-charges.ts'
export { isStateOf } from './stores/is-state-of.ts'
export { createStore } from './stores/create-store.ts'
export { HitCounter } from './stores/hit-counter.ts'
export type { HitCounterOptions, Hits } from './stores/hit-counter.ts'
export type { Changes, Counter, CounterWrite, Snapshot, StoreBackend } from './stores/store-backend.ts'
export { storageKey } from './stores/storage-key.ts'
export type { StoreCall, StoreEvents, StoreRole } from './stores/guarded-store.ts'
export type { Charge, Store } from './stores/store.ts'
