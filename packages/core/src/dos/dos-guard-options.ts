import type { Clock } from '../clock.ts'
import { ConfigError, shown } from '../errors.ts'
import { MAX_WINDOW_MS } from '../limits/rate.ts'
import { checkFunction, checkOptions, positiveInteger } from '../options.ts'
import { checkStore } from '../stores/check-store.ts'
import type { Store } from '../stores/store.ts'
import { MOST_STRIKES } from './ban-list.ts'
import type { BanOptions } from './ban-list.ts'
import { MOST_REQUESTS } from './width.ts'
import type { NetworkName } from './width.ts'

/** What a guard is made of. */
export interface DosGuardOptions {
  /** How many requests a source may send within a window: an IPv4 address, or an IPv6 /64. @default 100 */
  readonly threshold?: number
  /** How long a window is, in milliseconds. @default 60000 */
  readonly windowMs?: number
  /**
   * How many requests a whole network may send within a window, from sources that are not banned themselves. What is given
   * stands for all of the default; `{}` is none.
   *
   * @default 32 times the threshold for an `ipv4/24`, 8 times for an `ipv6/56`, 64 times for an `ipv6/48`
   */
  readonly networks?: Readonly<Partial<Record<NetworkName, number>>>
  /** How long bans last. */
  readonly ban?: BanOptions
  /** Whose requests are not counted, nor answered as an attack: addresses and networks such as `10.0.0.0/8`. @default nobody */
  readonly allow?: readonly string[]
  /** In `shadow`, attacks are found and told, but no request is answered as one. @default 'enforce' */
  readonly mode?: 'enforce' | 'shadow'
  /** Shares bans with the other processes that use the store. A guard in `shadow` does not. @default none are shared */
  readonly store?: Store
  /** How much memory the guard may use, in bytes: from 64 KiB to 1 GiB. @default 33554432 (32 MiB) */
  readonly maxBytes?: number
  /** @default `Date.now` */
  readonly clock?: Clock
  /** Makes a guard reproducible, for tests. Never set it on a server: who knows it can aim at the guard's tables. @default random */
  readonly seed?: number
}

type Optional = 'networks' | 'allow' | 'store' | 'seed'

/** The options with their defaults. */
export interface DosGuardSettings
  extends Required<Omit<DosGuardOptions, Optional | 'ban'>>, Pick<DosGuardOptions, Optional> {
  readonly ban: Required<BanOptions>
}

const OPTIONS = {
  threshold: true,
  windowMs: true,
  networks: true,
  ban: true,
  allow: true,
  mode: true,
  store: true,
  maxBytes: true,
  clock: true,
  seed: true,
} as const satisfies Record<keyof DosGuardOptions, true>

const BAN_OPTIONS = {
  baseMs: true,
  factor: true,
  ceilingMs: true,
  jitter: true,
  forgiveMs: true,
} as const satisfies Record<keyof BanOptions, true>

const HOUR_MS = 3_600_000
const DEFAULT_BYTES = 32 * 2 ** 20
const FEWEST_BYTES = 64 * 2 ** 10
const MOST_BYTES = 2 ** 30
/** A strike is forgiven within the longest window that a store counts in. */
const LONGEST_FORGIVE_MS = Math.floor(MAX_WINDOW_MS / MOST_STRIKES)
/** So that a ban that jitter doubles can be shared: a store counts in no longer window. */
const LONGEST_BAN_MS = Math.floor(MAX_WINDOW_MS / 2)

/** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`; what is told to the tables, they check. */
export function dosGuardSettings(options: DosGuardOptions): DosGuardSettings {
  checkOptions('the DoS guard', options, OPTIONS)
  const { mode = 'enforce', clock = Date.now, maxBytes = DEFAULT_BYTES, ban = {} } = options
  const { store, seed } = options
  if (mode !== 'enforce' && mode !== 'shadow') refuse('mode', '`enforce` or `shadow`', mode)
  if (seed !== undefined && !Number.isSafeInteger(seed)) refuse('seed', 'a whole number', seed)
  if (store !== undefined) checkStore('store', store)
  checkFunction('clock', clock)
  return {
    ...options,
    threshold: positiveInteger('threshold', options.threshold, 100, MOST_REQUESTS),
    windowMs: positiveInteger('windowMs', options.windowMs, 60_000, MAX_WINDOW_MS),
    ban: banSettings(ban),
    mode,
    maxBytes: wholeNumber('maxBytes', maxBytes, FEWEST_BYTES, MOST_BYTES),
    clock,
  }
}

function banSettings(options: BanOptions): Required<BanOptions> {
  checkOptions('`ban`', options, BAN_OPTIONS)
  const { factor = 4, jitter = 0.1 } = options
  if (!Number.isFinite(factor) || factor < 1) refuse('ban.factor', 'a number of at least 1', factor)
  if (!Number.isFinite(jitter) || jitter < 0 || jitter > 1) refuse('ban.jitter', 'a number from 0 to 1', jitter)
  const baseMs = positiveInteger('ban.baseMs', options.baseMs, 60_000, LONGEST_BAN_MS)
  const { ceilingMs = Math.max(HOUR_MS, baseMs) } = options
  return {
    baseMs,
    factor,
    ceilingMs: wholeNumber('ban.ceilingMs', ceilingMs, baseMs, LONGEST_BAN_MS),
    jitter,
    forgiveMs: positiveInteger('ban.forgiveMs', options.forgiveMs, 24 * HOUR_MS, LONGEST_FORGIVE_MS),
  }
}

function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    refuse(name, `a whole number from ${least} to ${most}`, value)
  }
  return value
}

function refuse(name: string, expected: string, got: unknown): never {
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`${name}\` to be ${expected}, got ${shown(got)}`)
}
