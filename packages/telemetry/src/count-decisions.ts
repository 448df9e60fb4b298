import type { Attributes, Meter } from '@opentelemetry/api'
import type { LimiterStats, Tally } from '@rl/core'

const REASONS = { denied: 'quota-exceeded', unavailable: 'temporary-reduced-capacity' } as const

/** Reports what a limiter has counted, whenever somebody collects it. */
export function countDecisions(meter: Meter, limiter: { stats(): LimiterStats }, own: Attributes): () => void {
  const requests = meter.createObservableCounter('ratelimit.requests', {
    description: 'Requests decided, by outcome and reason',
    unit: '{request}',
  })
  const verdicts = meter.createObservableCounter('ratelimit.policy.requests', {
    description: 'Requests that a limit was charged with, or has denied, by limit',
    unit: '{request}',
  })
  const shadows = meter.createObservableCounter('ratelimit.shadow.requests', {
    description: 'Requests that a limit in shadow mode would have admitted or denied, by limit',
    unit: '{request}',
  })
  const degraded = meter.createObservableCounter('ratelimit.degraded.requests', {
    description: 'Requests decided without the store, by what was done instead',
    unit: '{request}',
  })
  const keys = meter.createObservableGauge('ratelimit.store.keys', {
    description: 'Keys that the store holds, where it can tell',
    unit: '{key}',
  })
  const observables = [requests, verdicts, shadows, degraded, keys]

  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (collected) => {
    const stats = limiter.stats()
    const tell = (instrument: typeof requests, value: number, more: Attributes): void =>
      collected.observe(instrument, value, { ...own, ...more })
    tell(requests, stats.allowed, { 'ratelimit.outcome': 'allowed' })
    for (const [reason, count] of Object.entries(stats.denied)) {
      tell(requests, count, { 'ratelimit.outcome': 'denied', 'ratelimit.reason': reason })
    }
    for (const [mode, count] of Object.entries(stats.degraded)) tell(degraded, count, { 'ratelimit.degraded': mode })
    for (const [policy, tally] of Object.entries(stats.policies)) {
      for (const [attributes, count] of outcomesOf(tally)) {
        tell(verdicts, count, { 'ratelimit.policy': policy, ...attributes })
      }
    }
    for (const [policy, { allowed, denied }] of Object.entries(stats.shadows)) {
      tell(shadows, allowed, { 'ratelimit.policy': policy, 'ratelimit.outcome': 'allowed' })
      tell(shadows, denied, { 'ratelimit.policy': policy, 'ratelimit.outcome': 'denied' })
    }
    if (stats.keys !== undefined) tell(keys, stats.keys, {})
  }
  meter.addBatchObservableCallback(observe, observables)
  return () => meter.removeBatchObservableCallback(observe, observables)
}

function outcomesOf({ allowed, ...denials }: Tally): [Attributes, number][] {
  return [
    [{ 'ratelimit.outcome': 'allowed' }, allowed],
    ...Object.entries(denials).map(([kind, count]): [Attributes, number] => [
      { 'ratelimit.outcome': 'denied', 'ratelimit.reason': REASONS[kind as keyof typeof REASONS] },
      count,
    ]),
  ]
}
