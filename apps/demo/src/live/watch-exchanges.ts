import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import { clientKey } from '@rl/core'
import type { DecisionEvent } from '@rl/core'
import proxyAddr from 'proxy-addr'

import type { Outcome, PlanName } from '../page/messages.ts'
import type { DemoLimiter } from '../create-limiter.ts'
import { userOf } from '../plans.ts'
import { TRUSTED_PROXIES } from '../trusted-proxies.ts'

/** A request to the API, and what became of it. */
export interface Exchange {
  /** The user, or the address as the limiter counts it. */
  readonly client: string
  readonly plan: PlanName
  readonly outcome: Outcome
  /** What the limiter decided; nothing if the request did not get that far. */
  readonly decision: DecisionEvent | undefined
  readonly request: IncomingMessage
  /** The answer, which has been sent. */
  readonly response: ServerResponse
}

/**
 * The app, with somebody listening: each request that it has answered is told, with the limiter's decision and the answer
 * together, whichever framework serves it.
 */
export function watchExchanges(
  app: RequestListener,
  limiter: DemoLimiter,
  told: (exchange: Exchange) => void,
): RequestListener {
  const current = new AsyncLocalStorage<{ decision?: DecisionEvent }>()
  limiter.on('decision', (event) => {
    const exchange = current.getStore()
    if (exchange) exchange.decision = event
  })

  return function watched(request, response) {
    // Node remembers what `writeHead` sends only where a field has been set before.
    response.setHeader('X-Content-Type-Options', 'nosniff')
    const exchange: { decision?: DecisionEvent } = {}
    response.once('close', () => {
      const outcome = outcomeOf(response, exchange.decision)
      if (outcome) told({ ...whoAsks(request), outcome, decision: exchange.decision, request, response })
    })
    current.run(exchange, app, request, response)
  }
}

function outcomeOf({ statusCode }: ServerResponse, decision: DecisionEvent | undefined): Outcome | undefined {
  if (decision) return decision.result.allowed ? 'admitted' : 'denied'
  // Whoever is banned is sent away before the limiter is asked.
  return statusCode === 429 ? 'banned' : undefined
}

function whoAsks(request: IncomingMessage): Pick<Exchange, 'client' | 'plan'> {
  const user = userOf(request.headers['x-api-key']?.toString())
  if (user) return { client: user.userId, plan: user.tier }
  return { client: clientKey(proxyAddr(request, TRUSTED_PROXIES)), plan: 'anonymous' }
}
