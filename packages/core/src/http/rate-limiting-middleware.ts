import { checkCost } from '../algorithms/apply-algorithm.ts'
import { AttackGate } from './attack-gate.ts'
import { forwardingWarning } from '../client/forwarding-warning.ts'
import { ConfigError, RequestError, shown } from '../errors.ts'
import { RateLimiter } from '../limiter/rate-limiter.ts'
import { RATE_LIMITER_OPTIONS } from '../limiter/rate-limiter-options.ts'
import type { RateLimiterOptions } from '../limiter/rate-limiter-options.ts'
import type { RateLimitRequest } from '../limiter/request.ts'
import type { Reservation } from '../limiter/reservation.ts'
import type { RouteRule } from '../limiter/rule-set.ts'
import type { Reporter } from '../logger.ts'
import { andThen } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction, checkOptions } from '../options.ts'
import type { Store } from '../stores/store.ts'
import { denialOf } from './problem.ts'
import type { DenialContext, ProblemReason } from './problem.ts'
import type { RateLimitAnswer } from './rate-limit-answer.ts'
import { HeaderWriter } from './rate-limit-headers.ts'
import type { HeaderFields } from './rate-limit-headers.ts'
import { checkRequestOptions, REQUEST_OPTIONS } from './request-options.ts'
import type { Identity, RequestOptions } from './request-options.ts'

/** What a framework knows of a request. Its `ip` is the client's address, as the framework trusts it. */
export type RequestFacts = Pick<RateLimitRequest, 'ip' | 'method' | 'endpoint' | 'route'>

/** How a framework's requests are read beyond their facts, where that is needed, and the store to use by default. */
export interface FrameworkAdapter<Incoming> {
  /** The address at the other end of the socket: another than `ip` behind a proxy that the framework trusts. */
  readonly peerOf?: (incoming: Incoming) => string | undefined
  /** A header field of the request, by its name in lower case. */
  readonly headerOf?: (incoming: Incoming, name: string) => string | undefined
  /** Makes the store, where the options bring neither a limiter nor a store. */
  readonly defaultStore?: () => Store
}

/** A limiter that is there already, or what one is made of. */
type LimiterOptions<Tier extends string, Endpoint extends string> =
  | { readonly limiter: RateLimiter<Tier, Endpoint> }
  | (Partial<Pick<RateLimiterOptions, 'store'>> & Omit<RateLimiterOptions<Tier, Endpoint>, 'store'>)

/** How requests are limited, and by what: a `limiter` that is there already, or the options of one, whose `store` may be left out. */
export type MiddlewareOptions<
  Incoming,
  Tier extends string = string,
  Endpoint extends string = string,
> = RequestOptions<Incoming> & LimiterOptions<Tier, Endpoint>

/** Why a request is not served, and the decision behind that, if there is one. */
interface Refusal extends Pick<DenialContext, 'result'> {
  readonly reason: ProblemReason
  readonly decision?: Reservation
}

const ADAPTER_KEYS = { peerOf: true, headerOf: true, defaultStore: true } as const satisfies Record<
  keyof FrameworkAdapter<unknown>,
  true
>
const NOBODY: Identity = {}
const SKIPPED: RateLimitAnswer = Object.freeze({
  allowed: true,
  statusCode: 200,
  reason: undefined,
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
 * const middleware = new RateLimitingMiddleware<IncomingMessage>(
 *   { store: new MemoryStore(), ip: '100 per minute' },
 *   {
 *     peerOf: ({ socket }) => socket.remoteAddress,
 *     headerOf: ({ headers }, name) => headers[name]?.toString(),
 *   },
 * )
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
  readonly #peerOf: FrameworkAdapter<Incoming>['peerOf']
  readonly #headerOf: FrameworkAdapter<Incoming>['headerOf']
  readonly #headers: HeaderWriter
  readonly #reporter: Reporter
  readonly #gate: AttackGate | undefined
  #hasWarned = false
  #requests = 0

  /**
   * @param adapter Without it, no header field is read: denials are told in JSON, and proxies are not looked for; and `options` have
   * to bring a limiter or a store.
   * @throws {ConfigError} if an option is missing, unknown, or cannot be kept as it is written.
   */
  constructor(options: MiddlewareOptions<Incoming>, adapter: FrameworkAdapter<Incoming> = {}) {
    const isObject = typeof options === 'object' && options !== null
    const known = isObject && 'limiter' in options ? { limiter: true as const } : RATE_LIMITER_OPTIONS
    checkOptions('the rate-limiting middleware', options, { ...known, ...REQUEST_OPTIONS })
    const { identify, cost, skip, count, headers, retryJitterMs, message, dos = false, onDenied, ...rest } = options
    checkRequestOptions(options)
    checkOptions('an adapter', adapter, ADAPTER_KEYS)
    for (const [name, value] of Object.entries(adapter)) checkFunction(name, value)
    this.#peerOf = adapter.peerOf
    this.#headerOf = adapter.headerOf
    this.#options = definedOf({ identify, cost, skip, count, message, onDenied })
    this.#headers = new HeaderWriter(definedOf({ formats: headers, retryJitterMs }))
    this.#limiter =
      'limiter' in rest ? checkedLimiter(rest.limiter) : new RateLimiter(withStore(rest, adapter.defaultStore))
    this.#reporter = this.#limiter.reporter
    this.#gate = dos === false ? undefined : new AttackGate(dos, this.#limiter)
  }

  /** Gets to know the rule of one route, as the limiter's `addRoute` does. */
  addRoute(route: RouteRule): RouteRule {
    return this.#limiter.addRoute(route)
  }

  /**
   * Decides a request and says what to answer: at once where neither the store nor the options' functions take time, else by
   * a promise. `await` serves for both. It does not throw: what goes wrong rejects.
   *
   * @param facts What the framework knows: address, method, path, route.
   * @param incoming The framework's own request, which the options' functions are given.
   * @throws {RequestError} if the request does not say who is asking, or its cost is no whole number.
   */
  processRequest(facts: RequestFacts, incoming: Incoming): MaybePromise<RateLimitAnswer> {
    const { skip } = this.#options
    try {
      const answer = skip
        ? andThen(skip(incoming), (isSkipped) => (isSkipped ? SKIPPED : this.#limit(facts, incoming)))
        : this.#limit(facts, incoming)
      if (!(answer instanceof Promise)) return answer
      return answer.catch((error: unknown) => this.#failed(error, facts, incoming))
    } catch (error) {
      return this.#failed(error, facts, incoming)
    }
  }

  #limit(facts: RequestFacts, incoming: Incoming): MaybePromise<RateLimitAnswer> {
    const { identify, cost = 1 } = this.#options
    if (this.#looksForProxy()) this.#warnOfForwarding(facts, incoming)
    const attack = this.#gate?.find(facts)
    if (attack) {
      const result = { policies: [{ name: 'dos', allowed: false }], retryAfterMs: attack.banEndsInMs }
      return this.#denied({ reason: 'abnormal-usage-detected', result }, facts, incoming)
    }
    if (!identify && typeof cost === 'number') return this.#charge(NOBODY, cost, facts, incoming)
    return andThen(identify?.(incoming), (identity) =>
      andThen(typeof cost === 'function' ? cost(incoming) : cost, (units) => {
        // Nothing must not pass for the default.
        checkCost(units)
        return this.#charge(checkedIdentity(identity) ?? NOBODY, units, facts, incoming)
      }),
    )
  }

  #charge(
    { userId, tier, ip }: Identity,
    cost: number,
    facts: RequestFacts,
    incoming: Incoming,
  ): MaybePromise<RateLimitAnswer> {
    const { method, endpoint, route } = facts
    const result = this.#limiter.reserve({ ip: ip ?? facts.ip, userId, tier, method, endpoint, route, cost })
    if (result instanceof Promise) return result.then((decided) => this.#answerTo(decided, facts, incoming))
    return this.#answerTo(result, facts, incoming)
  }

  #answerTo(result: Reservation, facts: RequestFacts, incoming: Incoming): MaybePromise<RateLimitAnswer> {
    const { count = 'all' } = this.#options
    const { reason } = result
    if (reason !== undefined) return this.#denied({ reason, result, decision: result }, facts, incoming)
    const headers = this.#headers.fieldsOf(result)
    const allowed = { allowed: true, statusCode: 200, reason, message: 'OK', headers, body: '', result }
    return count === 'all' ? allowed : { ...allowed, responded: this.#settlementOf(count, result) }
  }

  async #failed(error: unknown, facts: RequestFacts, incoming: Incoming): Promise<RateLimitAnswer> {
    if (!(error instanceof RequestError && error.code === 'RL_INVALID_ADDRESS')) throw error
    this.#reporter.tell({ level: 'warn', event: 'invalid_address', budget: 'fault' }, () => ({
      message: this.#reporter.namesAddresses ? error.message : 'The address of a client could not be read',
    }))
    return this.#denied({ reason: 'invalid-address' }, facts, incoming)
  }

  /** At once where it can be: of a flood, all requests come here. */
  #denied(refusal: Refusal, facts: RequestFacts, incoming: Incoming): MaybePromise<RateLimitAnswer> {
    const { message, onDenied } = this.#options
    const { decision } = refusal
    const accept = this.#headerOf?.(incoming, 'accept')
    const told = typeof message === 'function' ? decision && message(decision, incoming) : message
    return andThen(told, (text) => {
      const answer = this.#denial(refusal, accept, checkedText(text))
      if (!onDenied) return withBodyFor(facts, answer)
      return andThen(onDenied(answer, incoming), (own) => {
        const { statusCode, headers, body } = own ?? {}
        const changes = { statusCode, headers: headers && inLowerCase(headers), body }
        return withBodyFor(facts, { ...answer, ...definedOf(changes) })
      })
    })
  }

  #denial(refusal: Refusal, accept: string | undefined, told: string | undefined): RateLimitAnswer {
    const { reason, result, decision } = refusal
    const denial = denialOf(reason, { result, accept, message: told })
    const { statusCode, message, body } = denial
    // Where no limit was asked, there is only the wait to tell of.
    const fields = decision ? this.#headers.fieldsOf(decision) : result && this.#headers.waitOf(result)
    const headers = { ...fields, ...denial.headers }
    return { allowed: false, statusCode, reason, message, headers, body, result: decision }
  }

  #settlementOf(count: 'failures' | 'successes', result: Reservation): (statusCode: number | undefined) => void {
    return (statusCode) => {
      const outcome = statusCode === undefined || statusCode >= 400 ? 'failures' : 'successes'
      if (outcome === count) return
      result.settle(0).catch((error: unknown) => {
        this.#reporter.tell({ level: 'error', event: 'settle_error', budget: 'fault' }, () => ({
          message: `A request that does not count could not be given back: ${String(error)}`,
        }))
      })
    }
  }

  /** At the first hundred requests, then at every hundredth: to read fields takes some frameworks longer than to decide. */
  #looksForProxy(): boolean {
    if (this.#hasWarned) return false
    this.#requests += 1
    return this.#requests <= 100 || this.#requests % 100 === 0
  }

  #warnOfForwarding({ ip }: RequestFacts, incoming: Incoming): void {
    const peerOf = this.#peerOf
    const headerOf = this.#headerOf
    if (!peerOf || !headerOf) return
    const nameOf = (address: string): string => this.#reporter.addressName(address)
    const message = forwardingWarning(ip, peerOf(incoming), (name) => headerOf(incoming, name), nameOf)
    if (message === undefined) return
    this.#hasWarned = true
    this.#reporter.tell({ level: 'warn', event: 'proxy_not_trusted' }, () => ({ message }))
  }
}

/** An answer to HEAD has no body (RFC 9110, 9.3.2). */
function withBodyFor({ method }: RequestFacts, answer: RateLimitAnswer): RateLimitAnswer {
  return method?.toUpperCase() === 'HEAD' ? { ...answer, body: '' } : answer
}

/** Of one name in two spellings, the later one stands: an application's `Content-Type` takes the place of ours. */
function inLowerCase(fields: HeaderFields): HeaderFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]))
}

/** Without what is not given. */
function definedOf<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

/** What is no identity must not pass for nobody: `identify` may well answer a user's id, and mean it. */
function checkedIdentity(identity: Identity | undefined): Identity | undefined {
  if (identity === undefined || (typeof identity === 'object' && identity !== null)) return identity
  throw new RequestError(
    'RL_INVALID_REQUEST',
    `Expected \`identify\` to answer an object such as { userId, tier }, or nothing, got ${shown(identity)}`,
  )
}

function checkedText(message: unknown): string | undefined {
  if (message === undefined || typeof message === 'string') return message
  throw new RequestError('RL_INVALID_REQUEST', `Expected \`message\` to answer a text, got ${shown(message)}`)
}

function withStore(options: Partial<RateLimiterOptions>, defaultStore: (() => Store) | undefined): RateLimiterOptions {
  // By a default value, since `null` must not pass for nothing.
  const { store = defaultStore?.() } = options
  return { ...options, store: store as Store }
}

function checkedLimiter(limiter: RateLimiter<string, string>): RateLimiter<string, string> {
  if (typeof (limiter as Partial<RateLimiter> | null | undefined)?.isAllowed === 'function') return limiter
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`limiter\` to be a RateLimiter, got ${shown(limiter)}`)
}
