import type { Denial } from '../page/messages.ts'
import type { Exchange } from './watch-exchanges.ts'

const MOST = 20
/** After so long without another one of its kind, a denial begins a new entry. */
const QUIET_MS = 10_000
const LONGEST_PATH = 100

interface Entry {
  readonly id: number
  times: number
  at: number
  last: Exchange
}

/** The last denials. A flood of one kind is one entry, so that it does not wash the others away. */
export class Denials {
  /** Oldest first, by what they have in common. */
  readonly #entries = new Map<string, Entry>()
  #lastId = 0

  add(exchange: Exchange): void {
    const { client, request, response, decision } = exchange
    const kind = [client, request.method, pathOf(exchange), response.statusCode, decision?.result.policy].join(' ')
    const at = Date.now()
    const entry = this.#entries.get(kind)
    if (entry && at - entry.at < QUIET_MS) {
      entry.times += 1
      entry.at = at
      entry.last = exchange
      return
    }
    this.#entries.delete(kind)
    this.#entries.set(kind, { id: ++this.#lastId, times: 1, at, last: exchange })
    if (this.#entries.size > MOST) this.#entries.delete(this.#entries.keys().next().value!)
  }

  latest(): readonly Denial[] {
    return [...this.#entries.values()]
      .toReversed()
      .map(({ id, times, at, last }) => ({ id, times, at, ...shown(last) }))
  }
}

function shown(exchange: Exchange): Omit<Denial, 'id' | 'times' | 'at'> {
  const { client, plan, request, response, decision } = exchange
  return {
    client,
    plan,
    method: request.method ?? '',
    path: pathOf(exchange),
    reason: decision?.result.reason ?? 'abnormal-usage-detected',
    limits: (decision?.result.policies ?? [])
      .filter(({ allowed }) => !allowed)
      .map(({ name, quota, windowMs }) => ({ name, quota, windowMs })),
    answer: {
      status: `${response.statusCode} ${response.statusMessage}`,
      fields: response.getHeaderNames().map((name) => [name, String(response.getHeader(name))] as const),
    },
  }
}

function pathOf({ request: { url = '' } }: Exchange): string {
  return url.split('?', 1)[0]!.slice(0, LONGEST_PATH)
}
