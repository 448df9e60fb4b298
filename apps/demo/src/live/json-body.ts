import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

const LONGEST = 200

/** What a request asks for, as JSON; or, as a text, why it cannot be taken. */
export async function jsonBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | string> {
  const { 'content-type': type, 'content-length': length } = request.headers
  // Pages of other origins cannot send this type without asking first, and nobody would allow it.
  if (type !== 'application/json') return 'Expected application/json'
  if (!(Number(length) <= LONGEST)) return `Expected a body of at most ${LONGEST} bytes`
  try {
    return Object(JSON.parse(await text(request))) as Record<string, unknown>
  } catch {
    return 'Expected JSON'
  }
}
