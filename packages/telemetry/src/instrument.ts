import { metrics } from '@opentelemetry/api'
import type { Attributes, MeterProvider } from '@opentelemetry/api'
import { checkOptions } from '@rl/core'
import type { DosGuard, RateLimiter } from '@rl/core'

import { countBans } from './count-bans.ts'
import { countDecisions } from './count-decisions.ts'
import { describeSpans } from './describe-spans.ts'
import { timeStores } from './time-stores.ts'

/** What to measure, and by what. */
export interface InstrumentOptions {
  /** Tells this limiter from another of the same process: an attribute of all its metrics. @default none */
  readonly name?: string
  /** @default the global one */
  readonly meterProvider?: MeterProvider
  /** The guard against attacks that stands before the limiter, to be reported as well. @default none */
  readonly guard?: Pick<DosGuard, 'bans' | 'stats' | 'on'>
  /** Whether the span of a request is told what was decided on it. @default true */
  readonly spans?: boolean
}

const OPTIONS = { name: true, meterProvider: true, guard: true, spans: true } as const satisfies Record<
  keyof InstrumentOptions,
  true
>

/**
 * Reports a limiter by OpenTelemetry: metrics of its decisions and stores, and attributes on the span that is active when
 * it decides.
 *
 * Attributes take few values: limits, outcomes and reasons, never an address or a user. What counts decisions is read when
 * metrics are collected, and costs requests nothing.
 *
 * @returns Ends that.
 * @throws {ConfigError} `RL_UNKNOWN_OPTION`
 *
 * @example
 * ```ts
 * import { RateLimiter } from '@rl/core'
 * import { MemoryStore } from '@rl/store-memory'
 * import { instrument } from '@rl/telemetry'
 *
 * const limiter = new RateLimiter({ store: new MemoryStore() })
 * const stop = instrument(limiter)
 * ```
 */
export function instrument<Tier extends string, Endpoint extends string>(
  limiter: RateLimiter<Tier, Endpoint>,
  options: InstrumentOptions = {},
): () => void {
  checkOptions('instrument', options, OPTIONS)
  const { name, meterProvider = metrics, guard, spans = true } = options
  const meter = meterProvider.getMeter('@rl/telemetry')
  const own: Attributes = name === undefined ? {} : { 'ratelimit.limiter': name }
  const ends = [countDecisions(meter, limiter, own), timeStores(meter, limiter, own)]
  if (guard) ends.push(countBans(meter, guard, own))
  if (spans) ends.push(describeSpans(limiter))
  return () => {
    for (const end of ends) end()
  }
}
