import { AddressList } from '../client/address-list.ts'
import { AddressReader } from '../client/address-reader.ts'
import { readClock } from '../clock.ts'
import { RequestError, shown } from '../errors.ts'
import { Emitter } from '../events.ts'
import type { Listener } from '../events.ts'
import { BanList } from './ban-list.ts'
import type { Ban } from './ban-list.ts'
import { dosGuardSettings } from './dos-guard-options.ts'
import { DOS_GUARD_EVENTS } from './dos-guard-events.ts'
import type { BanEvent, DosGuardEvents } from './dos-guard-events.ts'
import type { DosGuardOptions, DosGuardSettings } from './dos-guard-options.ts'
import type { DosGuardStats } from './dos-guard-stats.ts'
import { HARMLESS } from './inspection.ts'
import type { Inspection } from './inspection.ts'
import { KeyedHash } from './keyed-hash.ts'
import { NONE } from './record-table.ts'
import { SeededRandom, secretWords } from './seeded-random.ts'
import { SharedBans } from './shared-bans.ts'
import type { SharedBan } from './shared-bans.ts'
import { SourceTable } from './source-table.ts'
import { scopeOf, widthOf, widthsFor } from './width.ts'
import type { Width, Widths } from './width.ts'

/** A source or a network, in the form that the tables know it by. */
interface Suspect {
  readonly width: Width
  readonly hash: number
  readonly high: number
  readonly low: number
}

/** Of the memory, so much is for bans. */
const BANS_SHARE = 1 / 16
/**
 * Finds sources that send more than an honest one would, single addresses and whole networks, and bans them for a while.
 * In memory of a fixed size, however many addresses there are; who is banned has sent more than the threshold within a
 * window, without fail.
 *
 * It needs no limiter, and no timer. `docs/dos-guard.md` says what it promises, and what was measured.
 *
 * @example
 * ```ts
 * import { DosGuard } from '@rl/core'
 *
 * const guard = new DosGuard({ threshold: 100, windowMs: 60_000 })
 * guard.on('ban', ({ scope, banMs }) => console.warn(`${scope} is banned for ${banMs} ms`))
 * if (guard.detectAttack('203.0.113.7')) console.log('429')
 * ```
 */
export class DosGuard {
  readonly #settings: DosGuardSettings
  readonly #events = new Emitter<DosGuardEvents>('a DoS guard', DOS_GUARD_EVENTS)
  readonly #widths: Widths
  readonly #allow: AddressList
  readonly #reader = new AddressReader()
  readonly #hash = new KeyedHash(0, 0)
  readonly #random: SeededRandom
  #isSeeded = false
  readonly #sources: SourceTable
  readonly #bans: BanList
  readonly #shared: SharedBans | undefined
  /** The hashes of the request that is being decided, one for each width. */
  readonly #hashes: Int32Array
  #attacks = 0

  /** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION` */
  constructor(options: DosGuardOptions = {}) {
    const settings = dosGuardSettings(options)
    const { threshold, windowMs, networks, allow = [], maxBytes, ban, store, mode } = settings
    const random = new SeededRandom(0)
    const banBytes = Math.floor(BANS_SHARE * maxBytes)
    this.#settings = settings
    this.#widths = widthsFor(threshold, networks)
    this.#allow = new AddressList('allow', allow)
    this.#random = random
    this.#hashes = new Int32Array(this.#widths.all.length)
    this.#bans = new BanList(banBytes, ban, random)
    this.#sources = new SourceTable(maxBytes - banBytes, windowMs, this.#widths.all, random)
    if (store && mode === 'enforce') this.#shared = new SharedBans(store, ban.forgiveMs, this.#events)
  }

  /**
   * Counts a request, and answers whether it is part of an attack: whether its source, or a network around it, is banned,
   * or has with this request sent more than it may and now is.
   *
   * @throws {RequestError} `RL_INVALID_ADDRESS`
   * @throws {ConfigError} `RL_INVALID_CLOCK`
   */
  detectAttack(address: string): boolean {
    return this.#decide(address, readClock(this.#settings.clock)) !== NONE && this.#settings.mode === 'enforce'
  }

  /**
   * Counts a request as `detectAttack` does, and says more about it.
   *
   * @throws {RequestError} `RL_INVALID_ADDRESS`
   * @throws {ConfigError} `RL_INVALID_CLOCK`
   */
  inspect(address: string): Inspection {
    const now = readClock(this.#settings.clock)
    const index = this.#decide(address, now)
    if (index === NONE && this.#bans.size === 0) return HARMLESS
    // A listener may have asked about somebody else.
    this.#reader.read(address)
    const { width, hash, high, low } = this.#suspect(Math.max(0, index))
    const record = this.#bans.find(hash, high, low, width.id)
    if (record === NONE) return HARMLESS
    const strikes = this.#bans.strikes(record, now)
    if (index === NONE) return { ...HARMLESS, strikes }
    return {
      attack: this.#settings.mode === 'enforce',
      banned: true,
      banEndsInMs: this.#longestRestMs(index, now),
      strikes,
      scope: scopeOf(width, high, low),
    }
  }

  /** Who is banned now. */
  bans(): readonly Ban[] {
    const scope = (id: number, high: number, low: number) => scopeOf(this.#widths.all[id]!, high, low)
    return this.#bans.snapshot(readClock(this.#settings.clock), scope)
  }

  /**
   * Ends the ban of a source or a network, forgives all that it has done, and counts it anew. Other processes that know of
   * the ban keep to it.
   *
   * @param scope As a ban names it; an address stands for the source that it belongs to.
   * @returns Whether it was banned, or remembered for having been.
   * @throws {RequestError} `RL_INVALID_ADDRESS` if it is no address and no network of a width that is counted.
   */
  forgive(scope: string): boolean {
    const width = widthOf(this.#widths, this.#reader, scope)
    if (!width) {
      throw new RequestError(
        'RL_INVALID_ADDRESS',
        `Expected an address, or a network such as a ban is for, got ${shown(scope)}`,
      )
    }
    const { high, low, hash } = this.#suspectOf(width)
    const record = this.#bans.find(hash, high, low, width.id)
    if (record !== NONE) this.#bans.forget(record)
    this.#sources.forget(hash, high, low, width.id)
    this.#shared?.forget(scopeOf(width, high, low))
    return record !== NONE
  }

  /**
   * Calls the listener with each event of this name: `ban`, and `storeError` where bans are shared. A listener is called
   * before the request is answered, and so should be quick; what it throws changes nothing.
   *
   * @returns Ends that.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  on<Name extends keyof DosGuardEvents>(name: Name, listener: Listener<DosGuardEvents[Name]>): () => void {
    return this.#events.on(name, listener)
  }

  /** How the guard is doing. */
  stats(): DosGuardStats {
    const { size: sources, capacity: maxSources, displaced, uncounted } = this.#sources
    const { size: bans, capacity: maxBans } = this.#bans
    const bytes = this.#sources.bytes + this.#bans.bytes
    const unshared = this.#shared?.leftOut ?? 0
    return { attacks: this.#attacks, sources, maxSources, bans, maxBans, bytes, displaced, uncounted, unshared }
  }

  /** @returns Which of the address's widths is banned, the narrowest first; `NONE` if none is. */
  #decide(address: string, now: number): number {
    if (!this.#isSeeded) this.#seed()
    const index = this.#find(address, now)
    if (index !== NONE) this.#attacks += 1
    return index
  }

  /** Only with the first request: on Cloudflare's workers there are no random numbers before. */
  #seed(): void {
    const [k0, k1, start] = secretWords(this.#settings.seed)
    this.#hash.rekey(k0, k1)
    this.#random.reseed(start)
    this.#isSeeded = true
  }

  #find(address: string, now: number): number {
    const reader = this.#reader
    if (!reader.read(address)) {
      throw new RequestError(
        'RL_INVALID_ADDRESS',
        `Expected \`address\` to be an IPv4 or IPv6 address without a port, got ${shown(address)}`,
      )
    }
    if (this.#allow.hasRead(reader)) return NONE
    const widths = reader.isIPv4 ? this.#widths.ipv4 : this.#widths.ipv6
    const high = reader.words[0]!
    const low = reader.words[1]!
    const hashes = this.#hashes
    for (let i = 0; i < widths.length; i++) {
      const { id, highMask, lowMask } = widths[i]!
      const hash = this.#hash.of(high & highMask, low & lowMask, id)
      hashes[i] = hash
      if (this.#bans.size > 0) {
        const record = this.#bans.find(hash, high & highMask, low & lowMask, id)
        if (record !== NONE && this.#bans.restMs(record, now) > 0) return i
      }
    }
    for (let i = 0; i < widths.length; i++) {
      const { id, highMask, lowMask, threshold, suspicious } = widths[i]!
      const requests = this.#sources.count(hashes[i]!, high & highMask, low & lowMask, id, now)
      if (requests > threshold) {
        this.#ban(i, address, requests, now)
        return i
      }
      if (requests >= suspicious && this.#shared) this.#askOthers(i, address, requests)
    }
    return NONE
  }

  #ban(index: number, address: string, requests: number, now: number): void {
    const suspect = this.#suspect(index)
    const { width, hash, high, low } = suspect
    const record = this.#bans.strike(hash, high, low, width.id, now)
    this.#sources.forget(hash, high, low, width.id)
    // What an attacker has sent must not get its neighbours banned. The wider networks have not seen this request yet.
    for (const wider of this.#suspects(index + 1)) {
      this.#sources.takeBack(wider.hash, wider.high, wider.low, wider.width.id, requests - 1)
    }
    const banMs = this.#bans.restMs(record, now)
    this.#shared?.tell(scopeOf(width, high, low), banMs, (known) => this.#adopt(suspect, known, address, requests))
    this.#tellOfBan(suspect, record, now, { address, requests, shared: false })
  }

  #askOthers(index: number, address: string, requests: number): void {
    const { hash, high, low, width } = this.#suspect(index)
    if (!this.#sources.askOnce(hash, high, low, width.id)) return
    const suspects = this.#suspects(index)
    const scopes = suspects.map((suspect) => scopeOf(suspect.width, suspect.high, suspect.low))
    this.#shared!.ask(scopes, (i, known) => this.#adopt(suspects[i]!, known, address, requests))
  }

  #adopt(suspect: Suspect, { endsInMs, clearedInMs }: SharedBan, address: string, requests: number): void {
    if (endsInMs === 0 && clearedInMs === 0) return
    const { width, hash, high, low } = suspect
    const now = readClock(this.#settings.clock)
    const before = this.#bans.find(hash, high, low, width.id)
    const isNew = before === NONE || this.#bans.restMs(before, now) === 0
    const record = this.#bans.adopt(hash, high, low, width.id, now + endsInMs, now + clearedInMs, now)
    if (endsInMs === 0 || !isNew) return
    this.#sources.forget(hash, high, low, width.id)
    this.#tellOfBan(suspect, record, now, { address, requests, shared: true })
  }

  /** How long the address that was read last is banned for, by itself or with a network around it. */
  #longestRestMs(from: number, now: number): number {
    const rests = this.#suspects(from).map(({ width, hash, high, low }) => {
      const record = this.#bans.find(hash, high, low, width.id)
      return record === NONE ? 0 : this.#bans.restMs(record, now)
    })
    return Math.max(...rests)
  }

  /** The source of the address that was read last, or a network around it. */
  #suspect(index: number): Suspect {
    return this.#suspectOf((this.#reader.isIPv4 ? this.#widths.ipv4 : this.#widths.ipv6)[index]!)
  }

  #suspects(from: number): readonly Suspect[] {
    const widths = this.#reader.isIPv4 ? this.#widths.ipv4 : this.#widths.ipv6
    return widths.slice(from).map((width) => this.#suspectOf(width))
  }

  #suspectOf(width: Width): Suspect {
    const high = this.#reader.words[0]! & width.highMask
    const low = this.#reader.words[1]! & width.lowMask
    return { width, high, low, hash: this.#hash.of(high, low, width.id) }
  }

  #tellOfBan(
    { width, high, low }: Suspect,
    record: number,
    now: number,
    about: Pick<BanEvent, 'address' | 'requests' | 'shared'>,
  ): void {
    if (this.#events.listenersTo('ban').size === 0) return
    const scope = scopeOf(width, high, low)
    const strikes = this.#bans.strikes(record, now)
    this.#events.emit('ban', { ...about, scope, strikes, banMs: this.#bans.restMs(record, now) })
  }
}
