import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { RateLimiter, RateLimitingMiddleware } from '@rl/core'
import type { Degraded, OutageOptions, RateLimitResult } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import type { Redis, RedisOptions } from 'ioredis'
import { vi } from 'vitest'
import type { MockInstance } from 'vitest'

import { RedisStore } from './redis-store.ts'

/** What the README recommends: nothing waits for a connection, nothing is sent twice, and a server is soon found again. */
export const clientOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempt) => Math.min(20 * attempt, 100),
  reconnectOnError: (error) => error.message.includes('READONLY'),
  connectTimeout: 1000,
  socketTimeout: 5000,
} as const satisfies RedisOptions

/** Something that goes wrong between a client and its Redis. */
export interface Fault {
  /** A client of its own for each policy, so that a fault in mid-reply strikes each of them. */
  connect(): Redis
  begin(): unknown
  /** Goes on again and again while the fault lasts. */
  meanwhile?(): Promise<unknown>
  /** Resolves once the server is back. */
  end(): unknown
  stop(): Promise<unknown>
}

/** What those saw who asked under one policy, and what Redis has counted of it. */
export interface Account {
  /** The answers during the fault, each kind once. */
  readonly during: readonly string[]
  /** Those from when the fault began to end until Redis decided again. */
  readonly recovering: readonly string[]
  readonly isInTime: boolean
  /** From when the server was back until Redis had decided a request; not above zero if it did so while coming back. */
  readonly recoveredAfterMs: number
  /** Requests sent after that, and yet not decided by Redis. */
  readonly relapses: number
  readonly admittedByFallback: number
  /** What Redis has counted beyond the requests that it has answered; below zero if it has forgotten some. */
  readonly excess: number
  /** Requests that Redis was asked, and did not answer in time. */
  readonly unanswered: number
}

export const QUOTA = 100
/** How many limits a request is held to. */
const LIMITS = 3
export const BEFORE = 10
const DURING = 120
const EVERY_MS = 5
const TIMEOUT_MS = 250
const HOPELESS_MS = 10_000

const outageOptions: Readonly<Record<Degraded, () => OutageOptions>> = {
  allow: () => ({ onStoreError: 'allow' }),
  deny: () => ({ onStoreError: 'deny' }),
  fallback: () => ({ fallback: new MemoryStore() }),
}
export const policies = Object.keys(outageOptions) as Degraded[]

/** When a fault had begun, when it began to end, and when the server was back. */
interface Times {
  begunAt: number
  endingAt: number
  backAt: number
}

interface Seen {
  readonly askedAt: number
  readonly answeredAt: number
  readonly statusCode: number
  readonly result: RateLimitResult
}

/** Asks for the same client again and again, under three limits, and remembers every answer. */
class Caller {
  readonly seen: Seen[] = []
  isInTime = true
  readonly #checks: Promise<unknown>[] = []
  readonly #consume: MockInstance<RedisStore['consume']>
  readonly #middleware: RateLimitingMiddleware

  constructor(policy: Degraded, client: Redis) {
    const store = new RedisStore({ client, prefix: policy })
    this.#consume = vi.spyOn(store, 'consume')
    const rate = `${QUOTA} per hour` as const
    const limiter = new RateLimiter<string, string>({
      store,
      timeoutMs: TIMEOUT_MS,
      ip: { rate, appliesTo: 'everyone' },
      tiers: { free: { rate, algorithm: 'sliding-window' } },
      endpoints: { '/x': { rate, algorithm: 'sliding-window-counter' } },
      ...outageOptions[policy](),
    })
    this.#middleware = new RateLimitingMiddleware({ limiter, identify: () => ({ userId: 'u' }) })
  }

  async ask(): Promise<RateLimitResult> {
    const askedAt = performance.now()
    let isAnswered = false
    const answer = this.#middleware.processRequest({ ip: '192.0.2.1', endpoint: '/x' })
    // By timers like the limiter's, each set right after its own: the deadline, then a turn of the event loop. A pause delays both.
    const deadline = sleep(TIMEOUT_MS).then(() => sleep(0))
    this.#checks.push(deadline.then(() => (this.isInTime &&= isAnswered)))
    const { statusCode, result } = await answer
    isAnswered = true
    this.seen.push({ askedAt, answeredAt: performance.now(), statusCode, result: result! })
    return result!
  }

  /** How often the store was asked. */
  get asked(): number {
    return this.#consume.mock.calls.length
  }

  /** The first request that Redis has decided since the fault began to end. */
  decidedAgain({ endingAt }: Times): Seen | undefined {
    return this.seen.find(({ answeredAt, result }) => answeredAt >= endingAt && !result.degraded)
  }

  async account(times: Times): Promise<Account> {
    await Promise.all(this.#checks)
    const { begunAt, endingAt, backAt } = times
    const decidedAt = this.decidedAgain(times)?.answeredAt ?? Infinity
    const decided = this.seen.filter(({ result }) => !result.degraded)
    const fallback = this.seen.filter(({ result }) => result.degraded === 'fallback')
    return {
      during: kindsOf(this.seen.filter(({ askedAt, answeredAt }) => askedAt >= begunAt && answeredAt < endingAt)),
      recovering: kindsOf(this.seen.filter(({ answeredAt }) => answeredAt >= endingAt && answeredAt < decidedAt)),
      isInTime: this.isInTime,
      recoveredAfterMs: decidedAt - backAt,
      relapses: this.seen.filter(({ askedAt, result }) => askedAt > decidedAt && result.degraded).length,
      admittedByFallback: fallback.filter(({ result }) => result.allowed).length,
      excess: QUOTA - decided.filter(({ result }) => result.allowed).length,
      unanswered: this.asked - decided.length,
    }
  }
}

const REASONS: Readonly<Record<number, RateLimitResult['reason']>> = {
  429: 'quota-exceeded',
  503: 'temporary-reduced-capacity',
}

function kindsOf(seen: readonly Seen[]): readonly string[] {
  return [...new Set(seen.map(kindOf))]
}

/** Status and `degraded`, and whatever is not as it has to be. */
function kindOf({ statusCode, result: { reason, degraded, policies } }: Seen): string {
  const asked = degraded === 'allow' ? 0 : LIMITS
  const lefts = new Set(policies.map(({ remaining }) => remaining))
  const isAsItHasToBe = reason === REASONS[statusCode] && lefts.size <= 1 && policies.length === asked
  const oddity = isAsItHasToBe ? [] : [JSON.stringify({ reason, policies })]
  return [statusCode, ...(degraded ? [degraded] : []), ...oddity].join(' ')
}

/** Sends a steady stream of requests under each policy before, during and after a fault, until the quota is spent. */
export async function endure(fault: Fault): Promise<Readonly<Record<Degraded, Account>>> {
  const clients = policies.map(() => fault.connect())
  try {
    for (const client of clients) client.on('error', () => {})
    await Promise.all(clients.map(async (client) => once(client, 'ready')))
    const callers = policies.map((policy, i) => new Caller(policy, clients[i]!))
    const times: Times = { begunAt: Infinity, endingAt: Infinity, backAt: Infinity }
    const answers: Promise<unknown>[] = []
    const askAll = async () => Promise.all(callers.map(async (caller) => caller.ask()))
    const stream = async (): Promise<void> => {
      answers.push(askAll())
      await fault.meanwhile?.()
      await sleep(EVERY_MS)
    }

    for (let i = 0; i < BEFORE; i++) await askAll()
    await fault.begin()
    times.begunAt = performance.now()
    // By themselves, so that it is known what is under way when the fault strikes.
    await askAll()
    for (let i = 1; i < DURING; i++) await stream()
    // Until each has just tried in vain whether the server is back: the longest time until the next try lies ahead.
    const asked = callers.map((caller) => caller.asked)
    while (callers.some((caller, i) => caller.asked === asked[i])) await stream()
    times.endingAt = performance.now()
    const ending = Promise.resolve(fault.end()).then(() => (times.backAt = performance.now()))
    const isOver = () =>
      times.backAt < Infinity &&
      (callers.every((caller) => caller.decidedAgain(times)) || performance.now() > times.backAt + HOPELESS_MS)
    do await stream()
    while (!isOver())
    await Promise.all([...answers, ending])
    for (const caller of callers) {
      for (let i = 0; i <= QUOTA && (await caller.ask()).allowed; i++);
    }
    const accounts = await Promise.all(callers.map(async (caller) => caller.account(times)))
    return Object.fromEntries(policies.map((policy, i) => [policy, accounts[i]!])) as Record<Degraded, Account>
  } finally {
    for (const client of clients) client.disconnect()
  }
}
