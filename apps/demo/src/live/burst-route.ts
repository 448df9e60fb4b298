import type { BurstSender } from '../page/messages.ts'
import { answerJson } from './answer-json.ts'
import { BURST_SENDERS } from './burst-senders.ts'
import type { Bursts } from './bursts.ts'
import { jsonBody } from './json-body.ts'
import type { Route } from './routed.ts'

const MOST_REQUESTS = 5000

/** Sends a burst, and answers once it is over. Whoever goes away before ends it. */
export function burstRoute(bursts: Bursts): Route {
  return async function burst(request, response) {
    const asked = checked(await jsonBody(request))
    if (typeof asked === 'string') {
      answerJson(response, 400, { error: asked })
      return
    }
    const { as, count } = asked
    if (bursts.isUnderWay(as)) {
      answerJson(response, 409, { error: `A burst as ${as} is under way` })
      return
    }
    const ending = new AbortController()
    response.once('close', () => ending.abort())
    const url = `http://127.0.0.1:${request.socket.localPort}/api/data`
    answerJson(response, 200, await bursts.send(as, count, url, ending.signal))
  }
}

/** The burst that is asked for, or what is wrong with it. */
function checked(body: Readonly<Record<string, unknown>> | string): { as: BurstSender; count: number } | string {
  if (typeof body === 'string') return body
  const { as, count } = body
  if (typeof as !== 'string' || !Object.hasOwn(BURST_SENDERS, as)) {
    return `Expected \`as\` to be one of ${Object.keys(BURST_SENDERS).join(', ')}`
  }
  if (!Number.isSafeInteger(count) || (count as number) < 1 || (count as number) > MOST_REQUESTS) {
    return `Expected \`count\` to be a whole number from 1 to ${MOST_REQUESTS}`
  }
  return { as: as as BurstSender, count: count as number }
}
