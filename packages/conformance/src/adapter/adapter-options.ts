import type {
  DosGuardOptions,
  HeaderFormat,
  Identity,
  LogEntry,
  Logger,
  RateLimiterOptions,
  RequestOptions,
  Store,
} from '@rl/core'

/** What a case asks of a server: plain data, so that the server may be another process on another runtime. */
export interface AdapterConfig extends Pick<
  RateLimiterOptions,
  'ip' | 'tiers' | 'endpoints' | 'allow' | 'deny' | 'onStoreError' | 'partitionKeySecret'
> {
  readonly headers?: readonly HeaderFormat[]
  readonly count?: NonNullable<RequestOptions<never>['count']>
  readonly dos?: DosGuardOptions
  /** Whether the client's address is what the server's peer says in `X-Forwarded-For`. @default false */
  readonly trustProxy?: boolean
  /** Whether the store never answers. @default false */
  readonly storeHangs?: boolean
  /** Whether a denial tells, as its detail, what events have been logged until then. @default false */
  readonly tellsLog?: boolean
}

type ForTheServer = 'trustProxy' | 'storeHangs' | 'tellsLog'

/** The options of the adapter's middleware that the cases rely on. */
export interface AdapterOptions<Incoming> extends Omit<AdapterConfig, ForTheServer> {
  readonly identify: (incoming: Incoming) => Identity | undefined
  readonly cost: (incoming: Incoming) => number
  readonly skip: (incoming: Incoming) => boolean
  readonly store?: Store
  readonly timeoutMs?: number
  readonly logger?: Logger
  readonly message?: () => string
}

/**
 * The options for the middleware of the app that the cases ask. The user is in the field `x-user`, the tier in
 * `x-tier`, the cost in `x-cost`, and `x-skip` lets a request past. `trustProxy` is left to the server, and so is the
 * store, unless the case brings one.
 *
 * @param header Reads a field of a request; names are in lower case.
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { rateLimit } from '@rl/adapter-express'
 * import { adapterOptions } from '@rl/conformance/app'
 *
 * express().use(rateLimit(adapterOptions({ ip: '5 per minute' }, (request, name) => request.get(name))))
 * ```
 */
export function adapterOptions<Incoming>(
  { trustProxy: _trustProxy, storeHangs = false, tellsLog = false, ...options }: AdapterConfig,
  header: (incoming: Incoming, name: string) => string | undefined,
): AdapterOptions<Incoming> {
  return {
    ...options,
    ...(storeHangs ? { store: HANGING_STORE } : { timeoutMs: PATIENCE_MS }),
    ...(tellsLog && tellingLog()),
    identify(incoming) {
      const userId = header(incoming, 'x-user')
      return userId === undefined ? undefined : { userId, tier: header(incoming, 'x-tier') }
    },
    cost: (incoming) => Number(header(incoming, 'x-cost') ?? 1),
    skip: (incoming) => header(incoming, 'x-skip') !== undefined,
  }
}

/** On a busy machine, a store may miss the default deadline, and cases that count exactly would see requests pass uncounted. */
const PATIENCE_MS = 10_000

const forEver = async (): Promise<never> => new Promise<never>(() => {})

const HANGING_STORE: Store = {
  consume: forEver,
  peek: forEver,
  refund: forEver,
  reset: forEver,
  ping: forEver,
  close: () => {},
}

function tellingLog(): { readonly logger: Logger; readonly message: () => string } {
  const events: string[] = []
  const log = ({ event }: LogEntry): void => void events.push(event)
  return { logger: { debug() {}, info() {}, warn: log, error: log }, message: () => events.join(' ') }
}
