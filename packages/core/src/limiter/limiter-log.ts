import { StoreError } from '../errors.ts'
import type { Emitter } from '../events.ts'
import type { Reporter } from '../logger.ts'
import type { LimiterEvents } from './limiter-events.ts'
import type { RateLimitRequest } from './request.ts'
import type { DenialReason, RateLimitResult } from './result.ts'

/** Passes what happens to stores on to a limiter's log. */
export function logStoreEvents(events: Emitter<LimiterEvents>, reporter: Reporter): void {
  if (!reporter.hears('error')) return
  events.on('storeError', ({ role, verb, error }) => {
    const code = error instanceof StoreError ? error.code : undefined
    reporter.tell({ level: 'error', event: 'store_error', subject: `${role} ${code}`, budget: 'fault' }, () => ({
      message: `The ${NAMES[role]} did not ${verb}: ${String(error)}`,
      role,
      verb,
      code,
      error: String(error),
    }))
  })
  events.on('storeRecovered', ({ role, downMs }) => {
    reporter.tell({ level: 'info', event: 'store_recovered', subject: role, budget: 'fault' }, () => ({
      message: `The ${NAMES[role]} answers again, after ${Math.round(downMs)} ms`,
      role,
      downMs,
    }))
  })
}

const NAMES = { main: 'store', fallback: 'fallback store', shadow: 'store, for limits in shadow mode,' } as const

const REASONS = {
  'quota-exceeded': 'is spent',
  'temporary-reduced-capacity': 'cannot be counted, for want of a store',
  'deny-list': 'the client is on the deny list',
} as const satisfies Record<DenialReason, string>

/** Tells a limiter's log of a decision: not as an event, whose copies would be made for each request of a flood. */
export function logDecision(reporter: Reporter, request: RateLimitRequest, result: RateLimitResult): void {
  if (!reporter.hears(result.allowed ? 'debug' : 'info')) return
  if (result.allowed) logAdmission(reporter, request, result)
  else logBlock(reporter, request, result)
}

function logBlock(reporter: Reporter, request: RateLimitRequest, result: RateLimitResult): void {
  const { ip, userId, endpoint, method } = request
  const { policy, reason, retryAfterMs } = result
  // Who has asked for every decision is looking for this one.
  const budget = reporter.hears('debug') ? undefined : 'block'
  reporter.tell({ level: 'info', event: 'rate_limit_block', budget }, () => ({
    message: `A request is denied: ${policy === undefined ? '' : `"${policy}" `}${REASONS[reason!]}`,
    ip: reporter.addressName(ip),
    userId,
    tier: result.tier,
    method,
    endpoint,
    policy,
    reason,
    retryAfterMs,
  }))
}

function logAdmission(reporter: Reporter, request: RateLimitRequest, result: RateLimitResult): void {
  const { ip, userId, endpoint, method, cost = 1 } = request
  const { policy, remaining, tier, degraded } = result
  reporter.tell({ level: 'debug', event: 'rate_limit_pass' }, () => ({
    message: policy === undefined ? 'A request is admitted' : `A request is admitted: ${remaining} left of "${policy}"`,
    ip: reporter.addressName(ip),
    userId,
    tier,
    method,
    endpoint,
    cost,
    policy,
    remaining,
    degraded,
    shadows: result.shadows.filter(({ allowed }) => !allowed).map(({ name }) => name),
  }))
}
