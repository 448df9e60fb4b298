import { isLocked } from './failure.ts'
import type { TransactionMode } from './transactions.ts'

/** So that neither the event loop nor another process has to wait long for one batch. */
const MOST_AT_ONCE = 256

/** How long a lock may keep calls waiting. */
const LONGEST_WAIT_MS = 1000

/** A lock is mostly held for less than a millisecond, so the first retries only let everything else have its turn. */
const RETRIES_WITHOUT_PAUSE = 10
/** However long it takes: who has waited most must not be the one who tries least. */
const LONGEST_PAUSE_MS = 3

/** A call that waits to be decided. */
export interface Call<Context> {
  readonly mode: TransactionMode
  readonly decide: (context: Context) => unknown
  /** To be told the answer, once it stands. */
  readonly resolve: (answer: never) => void
  readonly reject: (error: unknown) => void
}

/** In the place of an answer: this call is refused, and the others are none the worse. */
export class Refusal {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** Decides some calls as one, and hands back the answers. Where it throws, nothing has been done. */
export type DecideAll<Context> = (calls: readonly Call<Context>[]) => readonly unknown[]

/**
 * Gathers the calls of one turn of the event loop, to be decided as one, in their order.
 *
 * By `setImmediate`: in a server every request has a callback of its own, and at the next microtask there would be
 * nothing to gather. While the database is locked, calls wait and the event loop goes on; SQLite itself would stop it.
 */
export class CallQueue<Context> {
  readonly #decideAll: DecideAll<Context>
  /** As long as there are any, a turn is due. */
  readonly #calls: Call<Context>[] = []
  #lockedSince: number | undefined
  #retries = 0
  #onEmpty: (() => void) | undefined

  constructor(decideAll: DecideAll<Context>) {
    this.#decideAll = decideAll
  }

  add<T>(mode: TransactionMode, decide: (context: Context) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => this.push({ mode, decide, resolve, reject }))
  }

  push(call: Call<Context>): void {
    if (this.#calls.push(call) === 1) setImmediate(this.#takeTurn)
  }

  /** Answers all that waits: before it returns, if that is one batch and the database is not locked. */
  drain(): Promise<void> {
    this.#takeTurn()
    if (this.#calls.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEmpty = resolve
    })
  }

  readonly #takeTurn = (): void => {
    if (this.#calls.length === 0) return
    const answers = this.#answersOf(this.#calls.slice(0, MOST_AT_ONCE))
    if (!answers) return this.#retry()
    this.#lockedSince = undefined
    this.#retries = 0
    const calls = this.#calls.splice(0, answers.length)
    for (const [i, call] of calls.entries()) deliver(call, answers[i])
    if (this.#calls.length > 0) setImmediate(this.#takeTurn)
    else this.#onEmpty?.()
  }

  /** Nothing if there are none yet, because the database is locked. */
  #answersOf(calls: readonly Call<Context>[]): readonly unknown[] | undefined {
    try {
      return this.#decideAll(calls)
    } catch (error) {
      if (isLocked(error) && this.#mayWait()) return undefined
      const failed = isLocked(error) ? this.#calls : calls
      return failed.map(() => new Refusal(error))
    }
  }

  #mayWait(): boolean {
    const now = performance.now()
    this.#lockedSince ??= now
    return now - this.#lockedSince < LONGEST_WAIT_MS
  }

  #retry(): void {
    this.#retries += 1
    if (this.#retries <= RETRIES_WITHOUT_PAUSE) setImmediate(this.#takeTurn)
    else setTimeout(this.#takeTurn, LONGEST_PAUSE_MS * Math.random())
  }
}

function deliver<Context>({ resolve, reject }: Call<Context>, answer: unknown): void {
  if (answer instanceof Refusal) reject(answer.error)
  else resolve(answer as never)
}
