import { ConfigError, shown } from './errors.ts'

/** One thing to know: `event` is for programs, `message` for people, the rest is what it is about. */
export interface LogEntry {
  readonly event: string
  readonly message: string
  readonly [field: string]: unknown
}

/** Where a limiter tells what an operator should know. A pino logger, the console and a winston logger are such as they are. */
export interface Logger {
  warn(entry: LogEntry): void
  error(entry: LogEntry): void
}

const ONCE_EVERY_MS = 60_000

/**
 * Tells a logger, the same thing once a minute at most: what goes wrong with every request must not flood a log. What has
 * been left out since is counted in `leftOut`.
 */
export class Reporter {
  readonly #logger: Logger | undefined
  readonly #clock: () => number
  readonly #told = new Map<string, { at: number; leftOut: number }>()

  /**
   * @param clock Monotonic, in milliseconds.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  constructor(logger: Logger | undefined, clock: () => number = () => performance.now()) {
    if (logger !== undefined && (typeof logger?.warn !== 'function' || typeof logger.error !== 'function')) {
      throw new ConfigError(
        'RL_INVALID_OPTION',
        `Expected \`logger\` to have the methods warn and error, got ${shown(logger)}`,
      )
    }
    this.#logger = logger
    this.#clock = clock
  }

  /** @param subject What the event is about, of which there are few: a limit, never a client. */
  tell(level: 'warn' | 'error', subject: string, entry: LogEntry): void {
    if (!this.#logger) return
    const name = `${entry.event} ${subject}`
    const now = this.#clock()
    const last = this.#told.get(name)
    if (last && now < last.at + ONCE_EVERY_MS) {
      last.leftOut += 1
      return
    }
    this.#told.set(name, { at: now, leftOut: 0 })
    try {
      this.#logger[level](last?.leftOut ? { ...entry, leftOut: last.leftOut } : entry)
    } catch {
      // A log that is full must not decide who is let in.
    }
  }
}
