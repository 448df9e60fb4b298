import type { Clock, RateLimitResult } from '@rl/core'

import type { ClientTraffic, Outcome, PlanName } from '../page/messages.ts'
import type { Exchange } from './watch-exchanges.ts'

const SLICE_MS = 10_000
const SLICES = 6
/** A flood of new addresses must not fill the memory: those that come after are not listed. */
const MOST_CLIENTS_A_SLICE = 1000

interface Counted {
  readonly plan: PlanName
  readonly tallies: Record<Outcome, number>
  left: ClientTraffic['left'] | undefined
}

/** Counts requests by client for the last minute, in slices of ten seconds. */
export class Clients {
  readonly #clock: Clock
  #slices: { readonly opensAt: number; readonly clients: Map<string, Counted> }[] = []

  /** @param clock Monotonic, in milliseconds. */
  constructor(clock: Clock = () => performance.now()) {
    this.#clock = clock
  }

  count({ client, plan, outcome, decision }: Pick<Exchange, 'client' | 'plan' | 'outcome' | 'decision'>): void {
    const { clients } = this.#slice()
    let counted = clients.get(client)
    if (!counted) {
      if (clients.size >= MOST_CLIENTS_A_SLICE) return
      counted = { plan, tallies: { admitted: 0, denied: 0, banned: 0 }, left: undefined }
      clients.set(client, counted)
    }
    counted.tallies[outcome] += 1
    if (decision) counted.left = leftOf(decision.result)
  }

  /** Those who asked most, first the one who asked most. */
  hottest(howMany: number): readonly ClientTraffic[] {
    this.#slice()
    const all = new Map<string, ClientTraffic>()
    for (const { clients } of this.#slices) {
      for (const [client, { plan, tallies, left }] of clients) {
        const before = all.get(client)
        all.set(client, {
          client,
          plan,
          lastMinute: before ? sumOf(before.lastMinute, tallies) : tallies,
          left: left ?? before?.left ?? 'not counted',
        })
      }
    }
    return [...all.values()].toSorted((a, b) => requestsOf(b) - requestsOf(a)).slice(0, howMany)
  }

  #slice(): { readonly clients: Map<string, Counted> } {
    const now = this.#clock()
    const opensAt = now - (now % SLICE_MS)
    const last = this.#slices.at(-1)
    if (last?.opensAt === opensAt) return last
    const slice = { opensAt, clients: new Map<string, Counted>() }
    this.#slices = [...this.#slices.filter((old) => old.opensAt > opensAt - SLICES * SLICE_MS), slice]
    return slice
  }
}

function leftOf({ remaining, limit, degraded }: RateLimitResult): ClientTraffic['left'] {
  if (Number.isFinite(limit)) return { remaining, limit }
  return degraded === 'allow' ? 'not counted' : 'no limit'
}

function sumOf(a: ClientTraffic['lastMinute'], b: ClientTraffic['lastMinute']): ClientTraffic['lastMinute'] {
  return { admitted: a.admitted + b.admitted, denied: a.denied + b.denied, banned: a.banned + b.banned }
}

function requestsOf({ lastMinute: { admitted, denied, banned } }: ClientTraffic): number {
  return admitted + denied + banned
}
