import type { RequestListener } from 'node:http'

import type { DosGuard } from '@rl/core'

import { createAppFrom } from './create-app-from.ts'
import { createGuard } from './create-guard.ts'
import { createLimiter } from './create-limiter.ts'
import type { DemoLimiter } from './create-limiter.ts'
import { livePage } from './live/live-page.ts'
import { metricsOf } from './live/metrics.ts'
import { openStore } from './open-store.ts'

/** The API with the page in front of it, and what is behind them. */
export interface Demo {
  readonly listener: RequestListener
  readonly limiter: DemoLimiter
  readonly guard: DosGuard
  /** Where the counts are kept, in words. */
  readonly counts: string
  readonly close: () => Promise<void>
}

/** The demo as the environment asks for it: `FRAMEWORK`, `STORE`, `REDIS_URL`. */
export async function createDemo(env: NodeJS.ProcessEnv): Promise<Demo> {
  const { framework, createApp } = createAppFrom(env['FRAMEWORK'])
  const { store, description: counts, close } = openStore(env)
  const limiter = createLimiter(store)
  const guard = createGuard()
  const app = await createApp(limiter, guard)
  const listener = livePage({ limiter, app, guard, metrics: metricsOf(limiter, guard), framework, counts })
  return { listener, limiter, guard, counts, close }
}
