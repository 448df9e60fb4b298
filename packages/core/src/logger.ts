import { LRUCache } from 'lru-cache'

import type { State } from './algorithms/algorithm.ts'
import { algorithmOf } from './algorithms/algorithms.ts'
import { ConfigError, shown } from './errors.ts'
import { hashedNamesBy } from './hashed-name.ts'
import type { HashedName } from './hashed-name.ts'
import type { Limit } from './limits/limit.ts'
import { parseLimit } from './limits/parse-limit.ts'
import { isPromise } from './maybe-promise.ts'

/** One thing to know: `event` is for programs, `message` for people, the rest is what it is about. */
export interface LogEntry {
  readonly event: string
  readonly message: string
  readonly [field: string]: unknown
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
/** How much an entry matters. */
export type LogLevel = (typeof LEVELS)[number]

/** Where a limiter tells what an operator should know. A pino logger, the console and a winston logger are such as they are. */
export type Logger = Readonly<Record<LogLevel, (entry: LogEntry) => void>>

/** How a limiter logs. */
export interface LogOptions {
  /** Where to tell what an operator should know: pino, the console or winston, as they are. @default nowhere */
  readonly logger?: Logger
  /** The least that is told. `debug` is every single decision. @default 'info' */
  readonly logLevel?: LogLevel
  /**
   * Keeps addresses out of the log: entries name each by an HMAC made with this secret, a text of at least 16 characters. What
   * listens to events is told the address itself.
   *
   * @default addresses are logged as they are
   */
  readonly addressSecret?: string
}

/** How often to tell of each subject, and of all together. */
interface Budget {
  readonly each?: Limit
  readonly all?: Limit
}

const ONCE_A_MINUTE = parseLimit('1 per minute')
const HUNDRED_A_MINUTE = parseLimit({ rate: '100 per minute', algorithm: 'token-bucket' })
/** Of so many subjects it is remembered when they were told of. */
const MOST_SUBJECTS = 1000

/** How often events are told, so that neither an attack nor an outage can flood a log. */
const BUDGETS = {
  /** The same fault once a minute. */
  fault: { each: ONCE_A_MINUTE },
  /** A hundred denials at once, then a hundred a minute. */
  block: { all: HUNDRED_A_MINUTE },
  /** The same attacker once a minute, and so many attackers as denials. */
  attack: { each: ONCE_A_MINUTE, all: HUNDRED_A_MINUTE },
} as const satisfies Record<string, Budget>

/** What an entry is, and of what it is one of many. */
export interface Occasion {
  readonly level: LogLevel
  readonly event: string
  /** What it is about. @default nothing in particular */
  readonly subject?: string
  /** How often to tell. @default always */
  readonly budget?: keyof typeof BUDGETS | undefined
}

/** Tells a logger, within a budget for each kind of entry. What has been left out since is counted in `leftOut`. */
export class Reporter {
  readonly #logger: Logger | undefined
  readonly #least: number
  readonly #clock: () => number
  readonly #hashed: HashedName | undefined
  /** What has been spent of each budget, and how many entries have been left out since the last that was told. */
  readonly #spent: LRUCache<string, State> | undefined
  readonly #leftOut: LRUCache<string, number> | undefined

  /**
   * @param clock Monotonic, in milliseconds.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  constructor(
    { logger, logLevel = 'info', addressSecret }: LogOptions = {},
    clock: () => number = () => performance.now(),
  ) {
    if (logger !== undefined) checkLogger(logger)
    if (!LEVELS.includes(logLevel)) {
      throw new ConfigError(
        'RL_INVALID_OPTION',
        `Expected \`logLevel\` to be one of ${LEVELS.join(', ')}, got ${shown(logLevel)}`,
      )
    }
    this.#logger = logger
    this.#least = LEVELS.indexOf(logLevel)
    this.#clock = clock
    if (logger !== undefined) {
      this.#spent = new LRUCache({ max: MOST_SUBJECTS })
      this.#leftOut = new LRUCache({ max: MOST_SUBJECTS })
    }
    this.#hashed = addressSecret === undefined ? undefined : hashedNamesBy('addressSecret', addressSecret)
  }

  /** Whether entries of this level are told at all. */
  hears(level: LogLevel): boolean {
    return this.#logger !== undefined && LEVELS.indexOf(level) >= this.#least
  }

  /** Whether entries may name addresses as they are. */
  get namesAddresses(): boolean {
    return this.#hashed === undefined
  }

  /** How entries name an address. */
  addressName<T extends string | undefined>(address: T): T | string {
    return address !== undefined && this.#hashed ? this.#hashed(address) : address
  }

  /** @param entry Puts the entry together, if it is told. */
  tell({ level, event, subject = '', budget }: Occasion, entry: () => Omit<LogEntry, 'event'>): void {
    if (!this.hears(level)) return
    const leftOut = budget === undefined ? 0 : this.#spend(event, subject, BUDGETS[budget])
    if (leftOut === undefined) return
    try {
      const fields = Object.entries({ event, ...entry(), ...(leftOut > 0 && { leftOut }) })
      const told: unknown = this.#logger![level](
        Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as LogEntry,
      )
      if (isPromise(told)) told.catch(() => undefined)
    } catch {
      // A log that is full must not decide who is let in.
    }
  }

  /** How many entries have been left out before this one; nothing if it is to be left out too. */
  #spend(event: string, subject: string, { each, all }: Budget): number | undefined {
    const ofSubject = `${event} ${subject}`
    const isTold = (!each || this.#take(ofSubject, each)) && (!all || this.#take(event, all))
    const counted = all ? event : ofSubject
    const leftOut = this.#leftOut!.get(counted) ?? 0
    this.#leftOut!.set(counted, isTold ? 0 : leftOut + 1)
    return isTold ? leftOut : undefined
  }

  #take(name: string, limit: Limit): boolean {
    const now = Math.floor(this.#clock())
    const { verdict, state } = algorithmOf(limit).consume(limit, this.#spent!.get(name), 1, now)
    this.#spent!.set(name, state)
    return verdict.allowed
  }
}

function checkLogger(logger: Logger): void {
  if (LEVELS.every((level) => typeof (logger as Logger | null)?.[level] === 'function')) return
  throw new ConfigError(
    'RL_INVALID_OPTION',
    `Expected \`logger\` to have the methods ${LEVELS.join(', ')}, got ${shown(logger)}`,
  )
}
