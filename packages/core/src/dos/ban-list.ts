import { KEY_WORDS, NONE, RecordTable } from './record-table.ts'
import type { SeededRandom } from './seeded-random.ts'

/** How long bans last. A fraction is of the time before it. */
export interface BanOptions {
  /** The first ban of a source, in milliseconds. @default 60000 */
  readonly baseMs?: number
  /** By how much each ban is longer than the one before. @default 4 */
  readonly factor?: number
  /** The longest that a ban grows to, in milliseconds. @default 3600000 (an hour) */
  readonly ceilingMs?: number
  /**
   * By what fraction a ban is lengthened at most, at random, so that sources that were banned together do not all come back
   * in the same moment. @default 0.1
   */
  readonly jitter?: number
  /** After how many milliseconds each offence is forgiven, one after the other. @default 86400000 (a day) */
  readonly forgiveMs?: number
}

/** A ban that is running. */
export interface Ban {
  /** A source or a network: `203.0.113.7`, `203.0.113.0/24`, `2001:db8:1:2::/64`. */
  readonly scope: string
  /** How many offences are not forgiven yet, this one included. */
  readonly strikes: number
  readonly endsInMs: number
}

/** More than these are not counted: by then a ban has long stopped growing. */
export const MOST_STRIKES = 20

/** A record: the key, when the ban ends, how long it is, and when the last strike will be forgiven (ms, doubles). */
const ENDS_AT = KEY_WORDS / 2
const BAN_MS = ENDS_AT + 1
const CLEARED_AT = BAN_MS + 1
const BAN_WORDS = 2 * (CLEARED_AT + 1)

/** How many records are looked at for one that can be given up. */
const LOOKED_AT = 8

/**
 * Who is banned and until when, and who has been and is remembered for it. Its memory is reserved once. When it is full, who
 * is only remembered gives up his place first, then whose ban ends soonest.
 */
export class BanList {
  readonly #records: RecordTable
  readonly #times: Float64Array
  readonly #rules: Required<BanOptions>
  readonly #random: SeededRandom

  constructor(bytes: number, rules: Required<BanOptions>, random: SeededRandom) {
    this.#records = new RecordTable(RecordTable.capacityOf(bytes, BAN_WORDS), BAN_WORDS)
    this.#times = new Float64Array(this.#records.words.buffer)
    this.#rules = rules
    this.#random = random
  }

  get bytes(): number {
    return this.#records.bytes
  }

  get capacity(): number {
    return this.#records.capacity
  }

  /** How many are banned or remembered. */
  get size(): number {
    return this.#records.size
  }

  /** @returns The record of a source that is banned or remembered, or `NONE`. */
  find(hash: number, high: number, low: number, width: number): number {
    return this.#records.find(hash, high, low, width)
  }

  /** Milliseconds until the ban ends; 0 if there is none. */
  restMs(record: number, now: number): number {
    const times = this.#times
    const at = record >> 1
    const rest = times[at + ENDS_AT]! - now
    if (rest <= 0) return 0
    // Only a clock that has stepped back leaves more than the whole ban.
    if (rest > times[at + BAN_MS]!) times[at + ENDS_AT] = now + times[at + BAN_MS]!
    return Math.min(rest, times[at + BAN_MS]!)
  }

  /** How many offences are not forgiven yet. */
  strikes(record: number, now: number): number {
    const rest = this.#times[(record >> 1) + CLEARED_AT]! - now
    return Math.min(MOST_STRIKES, Math.max(0, Math.ceil(rest / this.#rules.forgiveMs)))
  }

  /** Bans a source for one more offence. */
  strike(hash: number, high: number, low: number, width: number, now: number): number {
    const { baseMs, factor, ceilingMs, jitter, forgiveMs } = this.#rules
    const record = this.#recordOf(hash, high, low, width, now)
    const strikes = Math.min(MOST_STRIKES, this.strikes(record, now) + 1)
    this.#clearBy(record, Math.max(this.#times[(record >> 1) + CLEARED_AT]!, now) + forgiveMs, now)
    const grownMs = Math.min(ceilingMs, baseMs * factor ** (strikes - 1))
    this.#banUntil(record, now + Math.round(grownMs * (1 + jitter * this.#random.next())), now)
    return record
  }

  /** Takes over what another process knows, as far as it goes beyond what is known here. */
  adopt(
    hash: number,
    high: number,
    low: number,
    width: number,
    endsAt: number,
    clearedAt: number,
    now: number,
  ): number {
    const record = this.#recordOf(hash, high, low, width, now)
    const at = record >> 1
    this.#clearBy(record, Math.max(this.#times[at + CLEARED_AT]!, clearedAt), now)
    if (endsAt > now + this.restMs(record, now)) this.#banUntil(record, endsAt, now)
    return record
  }

  forget(record: number): void {
    this.#records.remove(record)
  }

  /** All bans that are running. */
  snapshot(now: number, scopeOf: (width: number, high: number, low: number) => string): Ban[] {
    const records = this.#records
    const bans: Ban[] = []
    for (const record of records.used()) {
      const endsInMs = this.restMs(record, now)
      if (endsInMs === 0) continue
      const scope = scopeOf(records.widthOf(record), records.highOf(record), records.lowOf(record))
      bans.push({ scope, strikes: this.strikes(record, now), endsInMs })
    }
    return bans
  }

  #recordOf(hash: number, high: number, low: number, width: number, now: number): number {
    const record = this.#records.find(hash, high, low, width)
    if (record !== NONE) return record
    if (this.#records.isUsedUp) this.#makeRoom(now)
    return this.#records.add(hash, high, low, width)
  }

  #makeRoom(now: number): void {
    const records = this.#records
    let least = NONE
    let leastWorth = Infinity
    for (let i = 0; i < LOOKED_AT; i++) {
      const record = records.next()
      if (records.isFree(record)) continue
      const worth = this.#worth(record, now)
      if (worth === 0) records.remove(record)
      else if (worth < leastWorth) {
        least = record
        leastWorth = worth
      }
    }
    if (records.isFull) records.remove(least)
  }

  /** 0 for who is neither banned nor remembered; any ban is worth more than a memory. */
  #worth(record: number, now: number): number {
    const restMs = this.restMs(record, now)
    return restMs > 0 ? MOST_STRIKES + restMs : this.strikes(record, now)
  }

  #banUntil(record: number, endsAt: number, now: number): void {
    this.#times[(record >> 1) + ENDS_AT] = endsAt
    this.#times[(record >> 1) + BAN_MS] = endsAt - now
  }

  #clearBy(record: number, clearedAt: number, now: number): void {
    this.#times[(record >> 1) + CLEARED_AT] = Math.min(clearedAt, now + MOST_STRIKES * this.#rules.forgiveMs)
  }
}
