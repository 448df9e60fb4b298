import { trace } from '@opentelemetry/api'
import type { LimiterEvents, Listener } from '@rl/core'

/** A part of a limiter. */
interface Watched {
  on(name: 'decision', listener: Listener<LimiterEvents['decision']>): () => void
}

/** Tells the span that is active while a request is decided what came of it. */
export function describeSpans(limiter: Watched): () => void {
  return limiter.on('decision', ({ result }) => {
    const { allowed, reason, policy, remaining, tier, degraded } = result
    // An attribute that is undefined is none; a number must be finite to be exported.
    trace.getActiveSpan()?.setAttributes({
      'ratelimit.outcome': allowed ? 'allowed' : 'denied',
      'ratelimit.reason': reason,
      'ratelimit.policy': policy,
      'ratelimit.remaining': Number.isFinite(remaining) ? remaining : undefined,
      'ratelimit.tier': tier,
      'ratelimit.degraded': degraded,
    })
  })
}
