import type { RequestListener } from 'node:http'

import { defaultTiers } from '@rl/core'
import type { DosGuard, Health } from '@rl/core'

import type { About, LiveState } from '../page/messages.ts'
import { ATTACK } from '../create-guard.ts'
import type { DemoLimiter } from '../create-limiter.ts'
import { limits } from '../limits.ts'
import { answerJson } from './answer-json.ts'
import { Audience } from './audience.ts'
import { burstRoute } from './burst-route.ts'
import { Bursts } from './bursts.ts'
import { Clients } from './clients.ts'
import { comparisonRoute } from './comparison-route.ts'
import { Denials } from './denials.ts'
import { forgiveRoute } from './forgive-route.ts'
import { fileRoutes } from './page-files.ts'
import { routed } from './routed.ts'
import type { Routes } from './routed.ts'
import { Traffic } from './traffic.ts'
import { watchExchanges } from './watch-exchanges.ts'
import type { Exchange } from './watch-exchanges.ts'
import { watchHealth } from './watch-health.ts'

const RATES: About['rates'] = { anonymous: limits.ip, ...defaultTiers }
const HOTTEST = 8
const MOST_BANS = 20

/** What the page is about. */
export interface LivePageOptions extends Pick<About, 'framework' | 'counts'> {
  readonly limiter: DemoLimiter
  /** The API, which gets every request that is not for the page. */
  readonly app: RequestListener
  readonly guard: DosGuard
  /** Answers Prometheus. */
  readonly metrics: RequestListener
}

/** The page that shows the limits at work, in front of the API: outside its framework, and outside its limits. */
export function livePage({ limiter, app, guard, metrics, framework, counts }: LivePageOptions): RequestListener {
  const about: About = { framework, counts, rates: RATES, attack: ATTACK }
  const traffic = new Traffic(Object.keys(RATES) as (keyof typeof RATES)[])
  const clients = new Clients()
  const denials = new Denials()
  const bursts = new Bursts()
  let health: Health | undefined

  const audience = new Audience(state, () =>
    watchHealth(limiter, (latest) => {
      const hasChanged = latest.status !== health?.status
      health = latest
      if (hasChanged) audience.tell()
    }),
  )

  function state(): LiveState {
    const { allowed, denied, keys } = limiter.stats()
    return {
      about,
      secondPart: traffic.secondPart,
      plans: traffic.lastMinute(),
      clients: clients.hottest(HOTTEST),
      denials: denials.latest(),
      bans: guard.bans().slice(0, MOST_BANS),
      bursts: bursts.progress(),
      health,
      total: { admitted: allowed, denied: Object.values(denied).reduce((sum, n) => sum + n, 0) },
      keys,
    }
  }

  function count(exchange: Exchange): void {
    traffic.count(exchange.plan, exchange.outcome)
    clients.count(exchange)
    if (exchange.outcome !== 'admitted') denials.add(exchange)
  }

  const routes: Routes = {
    ...fileRoutes(),
    'GET /demo/events': (_request, response) => audience.add(response),
    'GET /demo/comparison': comparisonRoute,
    'POST /demo/burst': burstRoute(bursts),
    'POST /demo/forgive': forgiveRoute(guard),
    'GET /health': async (_request, response) => {
      const now = await limiter.health()
      answerJson(response, now.status === 'unhealthy' ? 503 : 200, now)
    },
    'GET /metrics': metrics,
  }
  return routed(routes, watchExchanges(app, limiter, count))
}
