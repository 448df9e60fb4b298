import { checkCharge, checkFunction, checkOptions, ConfigError, readClock, storageKey, StoreError } from '@rl/core'
import type { AlgorithmName, Charge, Clock, MaybePromise, Store, Verdict } from '@rl/core'
import clusterKeySlot from 'cluster-key-slot'

import { decideAcrossSlots } from './across-slots.ts'
import type { Part } from './across-slots.ts'
import { Batcher, failure } from './batcher.ts'
import { TAGS } from './decide-script.ts'
import { DenyCache } from './deny-cache.ts'
import { Kinds } from './kinds.ts'
import type { Verb } from './question.ts'
import type { RedisClient } from './redis-client.ts'

/** Which Redis, under which names, and by which clock. */
export interface RedisStoreOptions {
  /** The connection to use. It stays yours: the store never closes it. */
  readonly client: RedisClient
  /** What all keys begin with. One with a hash tag of its own, `{rl}`, keeps all limits in one slot. @default 'rl' */
  readonly prefix?: string
  /** For tests. @default the server's own TIME, which all processes share */
  readonly clock?: Clock
  /** Whether decisions of one moment travel as one script call. @default true */
  readonly batch?: boolean
  /** How many denied keys to answer for without asking the server; 0 asks always. @default 10_000 */
  readonly denyCacheSize?: number
}

const OPTIONS = {
  client: true,
  prefix: true,
  clock: true,
  batch: true,
  denyCacheSize: true,
} as const satisfies Record<keyof RedisStoreOptions, true>
const CLIENT_METHODS = ['evalsha', 'eval', 'del', 'ping'] as const satisfies (keyof RedisClient)[]
const STATE_VERSION = 1
const DEFAULT_DENY_CACHE_SIZE = 10_000

/**
 * Keeps counts in Redis, for as many processes as share it: exact, on the server's clock, in one script call for each
 * decision, and with an expiry on every key.
 *
 * In a Cluster, the limits of one client are in one slot, and decided in one step. Those of several slots are asked first,
 * then charged side by side, and given back should one of them deny after all.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis'
 * import { RateLimiter } from '@rl/core'
 * import { RedisStore } from '@rl/store-redis'
 *
 * const client = new Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0 })
 * const limiter = new RateLimiter({ store: new RedisStore({ client }) })
 * ```
 */
export class RedisStore implements Store {
  /** What all keys begin with. */
  readonly prefix: string
  /** Of every key: put together once, since a key is written for each charge. */
  readonly #beginning: string
  readonly #client: RedisClient
  readonly #clock: Clock | undefined
  readonly #isBatching: boolean
  readonly #batchers = new Map<number, Batcher>()
  readonly #denyCache: DenyCache
  readonly #kinds = new Kinds()
  #isClosed = false

  /** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION` */
  constructor(options: RedisStoreOptions) {
    checkOptions('RedisStore', options, OPTIONS)
    const { client, prefix = 'rl', clock, batch = true, denyCacheSize = DEFAULT_DENY_CACHE_SIZE } = options
    checkFunction('clock', clock)
    if (!CLIENT_METHODS.every((method) => typeof (client as RedisClient | undefined)?.[method] === 'function')) {
      refuse(`Expected \`client\` to have the methods ${CLIENT_METHODS.join(', ')}`)
    }
    if (typeof prefix !== 'string') refuse('Expected `prefix` to be a string')
    if (typeof batch !== 'boolean') refuse('Expected `batch` to be true or false')
    if (!Number.isSafeInteger(denyCacheSize) || denyCacheSize < 0) {
      refuse('Expected `denyCacheSize` to be a whole number of at least 0')
    }
    this.#client = client
    this.prefix = prefix
    this.#beginning = `${prefix}:${STATE_VERSION}:`
    this.#clock = clock
    this.#isBatching = batch
    this.#denyCache = new DenyCache(denyCacheSize, clock ? () => readClock(clock) : () => performance.now())
  }

  consume(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    return this.#decide('consume', charges)
  }

  peek(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    return this.#decide('peek', charges)
  }

  async refund(charges: readonly Charge[]): Promise<void> {
    this.#check(charges)
    await Promise.all(this.#partsOf(charges).map((part) => this.#giveBack(part)))
  }

  async reset(key: string): Promise<void> {
    this.#check([])
    const keys = Object.values(TAGS).map((tag) => this.#keyFor(tag, key))
    this.#denyCache.forget(keys)
    // After what was asked before.
    for (const name of keys) this.#batchers.get(this.#slotOf(name))?.flush()
    try {
      await Promise.all(keys.map(async (name) => this.#client.del(name)))
    } catch (cause) {
      throw failure(cause)
    }
    this.#denyCache.forget(keys)
  }

  async ping(): Promise<void> {
    this.#check([])
    try {
      await this.#client.ping()
    } catch (cause) {
      throw failure(cause)
    }
  }

  /** Answers nothing more. The client stays open. */
  close(): void {
    this.#isClosed = true
    this.#denyCache.clear()
  }

  #decide(verb: 'consume' | 'peek', charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    this.#check(charges)
    if (charges.length === 1) return this.#decideOne(verb, charges)
    const parts = this.#partsOf(charges)
    const [part] = parts
    if (!part) return []
    return parts.length > 1 ? decideAcrossSlots(verb, parts, this.#askPart) : this.#askPart(verb, part)
  }

  #decideOne(verb: Verb, charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    const charge = charges[0]!
    const key = this.#keyOf(charge)
    const known = this.#denyCache.get(key, charge)
    if (known) return [known]
    // A look writes nothing, so that a state of the future stays one: a charge that is denied has to be asked for itself.
    const epoch = verb === 'consume' ? this.#denyCache.epoch : undefined
    return this.#ask(verb, this.#slotOf(key), charges, [key], epoch)
  }

  readonly #askPart = (verb: Verb, part: Part): Promise<readonly Verdict[]> =>
    verb === 'refund' ? this.#giveBack(part) : this.#ask(verb, part.slot, part.charges, part.keys)

  /** A denial from before is not remembered, nor is one that is heard of meanwhile. */
  async #giveBack({ slot, charges, keys }: Part): Promise<readonly Verdict[]> {
    this.#denyCache.forget(keys)
    const verdicts = await this.#ask('refund', slot, charges, keys)
    this.#denyCache.forget(keys)
    return verdicts
  }

  /** @param epoch With one charge: to remember its denial by. */
  #ask(
    verb: Verb,
    slot: number,
    charges: readonly Charge[],
    keys: readonly string[],
    epoch?: number,
  ): Promise<readonly Verdict[]> {
    let batcher = this.#batchers.get(slot)
    if (!batcher) this.#batchers.set(slot, (batcher = new Batcher(this.#client, this.#isBatching, this.#denyCache)))
    const now = this.#clock && readClock(this.#clock)
    const kind = this.#kinds.argumentsFor(verb, charges, now)
    return new Promise((resolve, reject) => {
      batcher.add({ keys, kind, charges, now, epoch, resolve, reject })
    })
  }

  /** The charges by slot, with their keys. */
  #partsOf(charges: readonly Charge[]): readonly Part[] {
    const keys = charges.map((charge) => this.#keyOf(charge))
    if (charges.length === 1 || !this.#client.isCluster) {
      return charges.length === 0 ? [] : [{ slot: this.#slotOf(keys[0]!), indexes: [...keys.keys()], charges, keys }]
    }
    const indexesBySlot = new Map<number, number[]>()
    for (const [index, key] of keys.entries()) {
      const slot = this.#slotOf(key)
      indexesBySlot.set(slot, [...(indexesBySlot.get(slot) ?? []), index])
    }
    return Array.from(indexesBySlot, ([slot, indexes]) => ({
      slot,
      indexes,
      charges: indexes.map((index) => charges[index]!),
      keys: indexes.map((index) => keys[index]!),
    }))
  }

  #slotOf(key: string): number {
    return this.#client.isCluster ? clusterKeySlot(key) : 0
  }

  #keyOf({ key, limit }: Charge): string {
    return this.#keyFor(TAGS[limit.algorithm as AlgorithmName], key)
  }

  /** The hash tag is whose key it is, so that all limits of one client are in one slot. */
  #keyFor(tag: string, key: string): string {
    const name = storageKey(key)
    const subject = name.indexOf('|') + 1
    return `${this.#beginning}${tag}:${name.slice(0, subject)}{${name.slice(subject)}}`
  }

  #check(charges: readonly Charge[]): void {
    if (this.#isClosed) throw new StoreError('RL_STORE_CLOSED', 'redis', 'The Redis store was used after it was closed')
    for (const charge of charges) checkCharge(charge)
  }
}

function refuse(message: string): never {
  throw new ConfigError('RL_INVALID_OPTION', message)
}
