import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

import type { BurstSender } from '../page/messages.ts'
import { answerJson } from './answer-json.ts'
import { BURST_SENDERS } from './burst-senders.ts'
import type { Bursts } from './bursts.ts'
import type { Route } from './routed.ts'

const MOST_REQUESTS = 5000
const LONGEST_BODY = 200

/** Sends a burst, and answers once it is over. Whoever goes away before ends it. */
export function burstRoute(bursts: Bursts): Route {
  return async function burst(request, response) {
    const asked = await askedOf(request)
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

/** The burst that a request asks for, or what is wrong with it. */
async function askedOf(request: IncomingMessage): Promise<{ as: BurstSender; count: number } | string> {
  const { 'content-type': type, 'content-length': length } = request.headers
  // Pages of other origins cannot send this type without asking first, and nobody would allow it.
  if (type !== 'application/json') return 'Expected application/json'
  if (!(Number(length) <= LONGEST_BODY)) return `Expected a body of at most ${LONGEST_BODY} bytes`
  const { as, count } = parsed(await text(request))
  if (typeof as !== 'string' || !Object.hasOwn(BURST_SENDERS, as)) {
    return `Expected \`as\` to be one of ${Object.keys(BURST_SENDERS).join(', ')}`
  }
  if (!Number.isSafeInteger(count) || (count as number) < 1 || (count as number) > MOST_REQUESTS) {
    return `Expected \`count\` to be a whole number from 1 to ${MOST_REQUESTS}`
  }
  return { as: as as BurstSender, count: count as number }
}

function parsed(json: string): { readonly as?: unknown; readonly count?: unknown } {
  try {
    return Object(JSON.parse(json)) as object
  } catch {
    return {}
  }
}
