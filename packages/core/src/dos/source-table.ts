import { KEY_WORDS, NONE, RecordTable } from './record-table.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Width } from './width.ts'

/** A window is counted in so many parts. */
const PARTS = 16
const LAST_PART = PARTS - 1
const MOST_PER_PART = 0xffff

/**
 * A record: the key, when its lap of so many parts began (ms, a double), how many requests count, the number of the newest
 * part, and how many requests came in each part.
 */
const LAP = KEY_WORDS
const SUM = LAP + 2
const NEWEST = SUM + 1
const COUNTS = NEWEST + 1
const SOURCE_WORDS = COUNTS + PARTS / 2
/** In `NEWEST`, above the number: other processes have been asked about the source since that part began. */
const ASKED = PARTS

/** How many records are looked at for one whose source is gone, or is the lightest. */
const LOOKED_AT = 4
/** A source that has come to this fraction of its threshold gives its place to nobody. */
const HEAVY = 1 / 2
/** How many of a threshold's requests are drawn, so that a source without a record gets one. */
const DRAWS = 8

/**
 * Counts what each source has sent within a window, in a record of its own: no two are ever taken for one, and none is
 * said to have sent more than it has.
 *
 * A window is counted in parts, which begin with the source's first request. What counts are the newest sixteen, the one
 * that is running among them: the whole of the first window, and of later ones all but a sixteenth at most. All that
 * counts has come within one window.
 *
 * A table that is full gives a new source the place of one that has sent nothing for a window. Where there is none, it
 * draws, eight times in a threshold: whose request is drawn takes the place of the lightest of a few, unless that is heavy
 * (sample and hold: Estan and Varghese, "New Directions in Traffic Measurement and Accounting", 2002). So a flood of
 * sources that send little passes through the table without driving out those that send much.
 */
export class SourceTable {
  /** How many gave their place to others, while they still counted. */
  displaced = 0
  /** How many requests were not counted, since their source had no record. */
  uncounted = 0
  readonly #records: RecordTable
  readonly #times: Float64Array
  readonly #counts: Uint16Array
  readonly #windowMs: number
  readonly #partMs: number
  readonly #random: SeededRandom
  /** What one request weighs, for each width. */
  readonly #weights: Float64Array
  /** When the search for sources that are gone began its round, and how many records it has looked at since. */
  #roundAt = 0
  #looked = 0

  constructor(bytes: number, windowMs: number, widths: readonly Width[], random: SeededRandom) {
    this.#records = new RecordTable(RecordTable.capacityOf(bytes, SOURCE_WORDS), SOURCE_WORDS)
    this.#times = new Float64Array(this.#records.words.buffer)
    this.#counts = new Uint16Array(this.#records.words.buffer)
    this.#windowMs = windowMs
    // Exact, since sixteen is a power of two.
    this.#partMs = windowMs / PARTS
    this.#random = random
    this.#weights = Float64Array.from(widths, ({ threshold }) => 1 / threshold)
  }

  get bytes(): number {
    return this.#records.bytes
  }

  get capacity(): number {
    return this.#records.capacity
  }

  get size(): number {
    return this.#records.size
  }

  /** @returns How many requests of the source count, this one included; 0 if it has no record. */
  count(hash: number, high: number, low: number, width: number, now: number): number {
    const record = this.#records.find(hash, high, low, width)
    return record === NONE ? this.#countNew(hash, high, low, width, now) : this.#countOne(record, now)
  }

  /** Takes back so many requests of a network, newest first: a source in it has turned out to be an attacker of its own. */
  takeBack(hash: number, high: number, low: number, width: number, requests: number): void {
    const record = this.#records.find(hash, high, low, width)
    if (record === NONE) return
    const { words } = this.#records
    let left = Math.min(requests, words[record + SUM]!)
    words[record + SUM]! -= left
    for (let part = this.#newest(record); left > 0; part--) {
      const i = countIndex(record, part)
      const taken = Math.min(left, this.#counts[i]!)
      this.#counts[i]! -= taken
      left -= taken
    }
  }

  forget(hash: number, high: number, low: number, width: number): void {
    const record = this.#records.find(hash, high, low, width)
    if (record !== NONE) this.#records.remove(record)
  }

  /** @returns Whether it is the first time within a part of the window that this is asked of the source. */
  askOnce(hash: number, high: number, low: number, width: number): boolean {
    const record = this.#records.find(hash, high, low, width)
    if (record === NONE || this.#records.words[record + NEWEST]! >= ASKED) return false
    this.#records.words[record + NEWEST]! += ASKED
    return true
  }

  #countOne(record: number, now: number): number {
    const { words } = this.#records
    const ageMs = this.#ageMs(record, now)
    let part = this.#newest(record)
    // Compares rather than divides: of 63 ns that a request of one of 20,000 sources takes, this saves 18.
    const isInside = ageMs >= part * this.#partMs && ageMs < (part + 1) * this.#partMs
    if (!isInside) part = this.#moveTo(Math.floor(ageMs / this.#partMs), record, now)
    const i = countIndex(record, part)
    if (this.#counts[i]! < MOST_PER_PART) {
      this.#counts[i]! += 1
      words[record + SUM]! += 1
    }
    return words[record + SUM]!
  }

  #countNew(hash: number, high: number, low: number, width: number, now: number): number {
    if (this.#records.isUsedUp && !this.#makeRoom(width, now)) {
      this.uncounted += 1
      return 0
    }
    const record = this.#records.add(hash, high, low, width)
    this.#times[(record + LAP) >> 1] = now
    return this.#countOne(record, now)
  }

  #newest(record: number): number {
    return this.#records.words[record + NEWEST]! & LAST_PART
  }

  /** How long ago the lap began. */
  #ageMs(record: number, now: number): number {
    return now - this.#times[(record + LAP) >> 1]!
  }

  /** Whether nothing counts any more: a window has passed, or the clock has stepped back by one. */
  #isOver(record: number, now: number): boolean {
    const ageMs = this.#ageMs(record, now)
    const newest = this.#newest(record)
    return ageMs >= (newest + PARTS) * this.#partMs || ageMs < (newest - LAST_PART) * this.#partMs
  }

  #moveTo(part: number, record: number, now: number): number {
    const { words } = this.#records
    if (this.#isOver(record, now)) {
      words.fill(0, record + SUM, record + SOURCE_WORDS)
      this.#times[(record + LAP) >> 1] = now
      return 0
    }
    const newest = this.#newest(record)
    // The clock has stepped back, to a part that still counts.
    if (part < newest) return part
    for (let passed = newest + 1; passed <= part; passed++) {
      const i = countIndex(record, passed)
      words[record + SUM]! -= this.#counts[i]!
      this.#counts[i] = 0
    }
    if (part > LAST_PART) this.#times[(record + LAP) >> 1]! += this.#windowMs
    words[record + NEWEST] = part & LAST_PART
    return part
  }

  #makeRoom(width: number, now: number): boolean {
    const records = this.#records
    const isDrawn = this.#random.next() < DRAWS * this.#weights[width]!
    if (!isDrawn && this.#hasLookedEverywhere(now)) return !records.isFull
    this.#looked += LOOKED_AT
    let lightest = NONE
    let least = HEAVY
    for (let i = 0; i < LOOKED_AT; i++) {
      const record = records.next()
      if (records.isFree(record)) continue
      if (this.#isOver(record, now)) {
        records.remove(record)
        continue
      }
      const weight = records.words[record + SUM]! * this.#weights[records.widthOf(record)]!
      if (weight < least) {
        lightest = record
        least = weight
      }
    }
    if (!records.isFull) return true
    if (!isDrawn || lightest === NONE) return false
    records.remove(lightest)
    this.displaced += 1
    return true
  }

  /** Each record once in a part of the window: in a flood of new sources, to look more often would be to no avail. */
  #hasLookedEverywhere(now: number): boolean {
    if (Math.abs(now - this.#roundAt) >= this.#partMs) {
      this.#roundAt = now
      this.#looked = 0
    }
    return this.#looked >= this.#records.capacity
  }
}

function countIndex(record: number, part: number): number {
  return 2 * (record + COUNTS) + (part & LAST_PART)
}
