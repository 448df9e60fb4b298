import { StoreError } from '../errors.ts'
import type { Emitter } from '../events.ts'
import type { Reporter } from '../logger.ts'
import type { DecisionEvent, LimiterEvents } from './limiter-events.ts'
import type { DenialReason } from './result.ts'

/** Passes what happens in a limiter on to its log. */
export function logEvents(events: Emitter<LimiterEvents>, reporter: Reporter): void {
  if (reporter.hears('info')) events.on('block', (event) => logBlock(reporter, event))
  if (reporter.hears('debug')) {
    events.on('decision', (event) => {
      if (event.result.allowed) logAdmission(reporter, event)
    })
  }
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

function logBlock(reporter: Reporter, { request, result }: DecisionEvent): void {
  const { ip, userId, endpoint, method } = request
  const { policy, reason, retryAfterMs } = result
  reporter.tell({ level: 'info', event: 'rate_limit_block', budget: 'block' }, () => ({
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

function logAdmission(reporter: Reporter, { request, result }: DecisionEvent): void {
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
