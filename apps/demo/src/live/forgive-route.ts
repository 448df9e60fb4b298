import type { DosGuard } from '@rl/core'

import { answerJson } from './answer-json.ts'
import { jsonBody } from './json-body.ts'
import type { Route } from './routed.ts'

/** Ends the ban of a source. */
export function forgiveRoute(guard: DosGuard): Route {
  return async function forgive(request, response) {
    const body = await jsonBody(request)
    const scope = typeof body === 'string' ? undefined : body['scope']
    if (typeof scope !== 'string' || guard.bans().every((ban) => ban.scope !== scope)) {
      answerJson(response, 400, { error: 'Expected `scope`, which is banned, as JSON' })
      return
    }
    answerJson(response, 200, { forgiven: guard.forgive(scope) })
  }
}
