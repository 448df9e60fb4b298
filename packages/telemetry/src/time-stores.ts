import type { Attributes, Meter } from '@opentelemetry/api'
import { StoreError } from '@rl/core'
import type { LimiterEvents, Listener } from '@rl/core'

/** From a decision in memory to the longest that one usually waits for a store, in seconds. */
const BOUNDARIES = [0.000_01, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** A part of a limiter. */
interface Watched {
  on(name: 'storeCall', listener: Listener<LimiterEvents['storeCall']>): () => void
}

/** Reports how long stores take to answer, or to fail. */
export function timeStores(meter: Meter, limiter: Watched, own: Attributes): () => void {
  const duration = meter.createHistogram('ratelimit.store.duration', {
    description: 'How long a store took to answer, or to fail',
    unit: 's',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  return limiter.on('storeCall', ({ role, verb, latencyMs, error }) => {
    const failure = error === undefined ? {} : { 'error.type': error instanceof StoreError ? error.code : 'other' }
    duration.record(latencyMs / 1000, {
      ...own,
      'ratelimit.store.role': role,
      'ratelimit.store.verb': verb,
      ...failure,
    })
  })
}
