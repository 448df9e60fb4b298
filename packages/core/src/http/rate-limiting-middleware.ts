import { ConfigError, RequestError, shown } from '../errors.ts'
import { RATE_LIMITER_OPTIONS, RateLimiter } from '../limiter/rate-limiter.ts'
import type { RateLimiterOptions } from '../limiter/rate-limiter.ts'
import type { RateLimitRequest } from '../limiter/request.ts'
import type { RateLimitResult } from '../limiter/result.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction, checkOptions } from '../options.ts'
import type { Store } from '../stores/store.ts'
import { problemOf } from './problem.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'
import type { HeaderFields } from './rate-limit-headers.ts'

/** What the application knows of a request that the framework does not. */
export type Identity = Pick<RateLimitRequest, 'ip' | 'userId' | 'tier'>

/** What a framework knows of a request. */
export interface RequestFacts extends RateLimitRequest {
  /** The other end of the connection: the client itself, or the proxy before it. */
  readonly peer?: string | undefined
  /** The value of a header field of the request, by a name in any case. */
  readonly header?: (name: string) => string | undefined
}

/** How requests of one framework are limited. `Incoming` is what the framework calls a request. */
export interface RequestOptions<Incoming> {
  /** Who is asking, where that is more than an address. */
  readonly identify?: (incoming: Incoming) => MaybePromise<Identity | undefined>
  /** How many units a request costs, a whole number. @default 1 */
  readonly cost?: number | ((incoming: Incoming) => MaybePromise<number>)
  /** Lets requests past that are not to be limited at all, such as health checks. */
  readonly skip?: (incoming: Incoming) => MaybePromise<boolean>
}

/** A limiter that is there already, or what one is made of. */
type LimiterOptions<Tier extends string, Endpoint extends string> =
  | { readonly limiter: RateLimiter<Tier, Endpoint> }
  | (Partial<Pick<RateLimiterOptions, 'store'>> & Omit<RateLimiterOptions<Tier, Endpoint>, 'store'>)

export type MiddlewareOptions<
  Incoming,
  Tier extends string = string,
  Endpoint extends string = string,
> = RequestOptions<Incoming> & LimiterOptions<Tier, Endpoint>

/** What to answer to a request, in terms that every framework has. */
export interface RateLimitAnswer {
  readonly allowed: boolean
  /** 200 if the request may go on, 429 if a limit denies it, 503 if the store fails and the rule says to deny then. */
  readonly statusCode: 200 | 429 | 503
  /** The status in words. */
  readonly message: string
  /** Fields to set, on the application's own answer as well. */
  readonly headers: HeaderFields
  /** What to answer a denied request with, problem details (RFC 9457) in JSON; empty if the request may go on. */
  readonly body: string
  /** The decision behind it; none if the request was skipped. */
  readonly result: RateLimitResult | undefined
  /** To be called once when the response is over, with its status; with none if the client went away before. */
  readonly responded?: (statusCode: number | undefined) => void
}

const REQUEST_KEYS = { identify: true, cost: true, skip: true } as const satisfies Record<
  keyof RequestOptions<never>,
  true
>
const SKIPPED: RateLimitAnswer = Object.freeze({
  allowed: true,
  statusCode: 200,
  message: 'OK',
  headers: Object.freeze({}),
  body: '',
  result: undefined,
})

/**
 * Turns requests into decisions, and decisions into status, header fields and body. Knows no framework: an adapter
 * passes the request in and the answer on.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import type { IncomingMessage } from 'node:http'
 * import { RateLimitingMiddleware } from '@rl/core'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * const middleware = new RateLimitingMiddleware<IncomingMessage>({ store: new MemoryStore(), ip: '100 per minute' })
 * createServer(async (request, response) => {
 *   const facts = { ip: request.socket.remoteAddress, method: request.method, endpoint: request.url }
 *   const { allowed, statusCode, headers, body } = await middleware.processRequest(facts, request)
 *   response.writeHead(statusCode, headers).end(allowed ? 'hello' : body)
 * })
 * ```
 */
export class RateLimitingMiddleware<Incoming = void> {
  readonly #limiter: RateLimiter<string, string>
  readonly #options: RequestOptions<Incoming>

  /**
   * @param defaultStore Makes the store, where the options bring neither a limiter nor a store.
   * @throws {ConfigError} if an option is missing, unknown, or cannot be kept as it is written.
   */
  constructor(options: MiddlewareOptions<Incoming>, defaultStore?: () => Store) {
    const known = 'limiter' in options ? { limiter: true as const } : RATE_LIMITER_OPTIONS
    checkOptions('the rate-limiting middleware', options, { ...known, ...REQUEST_KEYS })
    const { identify, cost = 1, skip, ...rest } = options
    checkFunction('identify', identify)
    checkFunction('skip', skip)
    checkCostOption(cost)
    this.#options = { cost, ...(identify && { identify }), ...(skip && { skip }) }
    this.#limiter = 'limiter' in rest ? checkedLimiter(rest.limiter) : new RateLimiter(withStore(rest, defaultStore))
  }

  /**
   * Decides a request and says what to answer.
   *
   * @param request What the framework knows: address, method, path.
   * @param incoming The framework's own request, which `identify`, `cost` and `skip` are given.
   * @throws {RequestError} if the request does not say who is asking, or its cost is no whole number.
   */
  async processRequest(request: RequestFacts, incoming: Incoming): Promise<RateLimitAnswer> {
    const { identify, cost, skip } = this.#options
    if (await skip?.(incoming)) return SKIPPED
    const { userId, tier, ip = request.ip } = checkedIdentity(await identify?.(incoming)) ?? request
    const units = typeof cost === 'function' ? await cost(incoming) : cost
    return answerTo(await this.#limiter.isAllowed({ ...request, ip, userId, tier, cost: units }))
  }
}

function answerTo(result: RateLimitResult): RateLimitAnswer {
  const headers = rateLimitHeaders(result)
  if (result.reason === undefined) return { allowed: true, statusCode: 200, message: 'OK', headers, body: '', result }
  const problem = problemOf(result.reason, result)
  return {
    allowed: false,
    statusCode: problem.status,
    message: problem.title,
    headers: { ...headers, 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
    body: JSON.stringify(problem),
    result,
  }
}

/** What is no identity must not pass for nobody: `identify` may well answer a user's id, and mean it. */
function checkedIdentity(identity: Identity | undefined): Identity | undefined {
  if (identity === undefined || (typeof identity === 'object' && identity !== null)) return identity
  throw new RequestError(
    'RL_INVALID_REQUEST',
    `Expected \`identify\` to answer an object such as { userId, tier }, or nothing, got ${shown(identity)}`,
  )
}

function withStore(options: Partial<RateLimiterOptions>, defaultStore: (() => Store) | undefined): RateLimiterOptions {
  const store = options.store ?? defaultStore?.()
  return { ...options, store: store as Store }
}

function checkedLimiter(limiter: RateLimiter<string, string>): RateLimiter<string, string> {
  if (typeof (limiter as Partial<RateLimiter> | null | undefined)?.isAllowed === 'function') return limiter
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`limiter\` to be a RateLimiter, got ${shown(limiter)}`)
}

function checkCostOption(cost: unknown): void {
  const isCost = typeof cost === 'function' || (Number.isSafeInteger(cost) && (cost as number) >= 0)
  if (!isCost) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`cost\` to be a whole number of at least 0, or a function, got ${shown(cost)}`,
    )
  }
}
