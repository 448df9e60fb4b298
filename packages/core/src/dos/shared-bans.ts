import type { Verdict } from '../algorithms/algorithm.ts'
import { StoreError } from '../errors.ts'
import type { Emitter } from '../events.ts'
import type { Limit } from '../limits/limit.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { GuardedStore } from '../stores/guarded-store.ts'
import type { StoreCall } from '../stores/guarded-store.ts'
import type { Charge, Store } from '../stores/store.ts'
import { MOST_STRIKES } from './ban-list.ts'
import type { DosGuardEvents } from './dos-guard-events.ts'

/** What other processes know of a source. */
export interface SharedBan {
  /** 0 if it is not banned. */
  readonly endsInMs: number
  /** How long in milliseconds until its last offence is forgiven. */
  readonly clearedInMs: number
}

/** Nobody waits for an answer: the time is only there so that a store that hangs is noticed. */
const TIMEOUT_MS = 1000
/** More calls than these are not begun: a flood of offenders must not become one of store calls. */
const MOST_UNDER_WAY = 256

/**
 * The bans that processes tell each other of, through a store that they share. One key for a source: a window of quota 1,
 * spent for as long as the ban lasts, and a bucket that strikes are taken from, which comes back one by one. Neither method
 * ever throws or rejects, and no call to the store is made before the caller's own turn is over.
 */
export class SharedBans {
  readonly #store: GuardedStore
  readonly #strikes: Limit
  readonly #events: Emitter<DosGuardEvents>
  #underWay = 0
  /** How many calls were not made because too many were under way. */
  leftOut = 0

  constructor(store: Store, forgiveMs: number, events: Emitter<DosGuardEvents>) {
    this.#store = new GuardedStore(store, TIMEOUT_MS)
    this.#strikes = { algorithm: 'token-bucket', quota: MOST_STRIKES, windowMs: MOST_STRIKES * forgiveMs }
    this.#events = events
  }

  /** Asks what is known of some sources, and tells `learn` for each. */
  ask(scopes: readonly string[], learn: (index: number, known: SharedBan) => void): void {
    void this.#do('peek', async () => {
      const charges = scopes.flatMap((scope) => [banCharge(scope, 1), this.#strikeCharge(scope, 0)])
      const verdicts = await this.#store.peek(charges)
      for (const index of scopes.keys()) learn(index, sharedBan(verdicts[2 * index]!, verdicts[2 * index + 1]!))
    })
  }

  /** Bans a source everywhere. If somebody else has done so just now, it is the one offence, and `learn` is told of it. */
  tell(scope: string, banMs: number, learn: (known: SharedBan) => void): void {
    void this.#do('consume', async () => {
      const [ban] = await this.#store.consume([banCharge(scope, banMs)])
      const [strikes] = await this.#store.consume([this.#strikeCharge(scope, ban!.allowed ? 1 : 0)])
      if (!ban!.allowed) learn(sharedBan(ban!, strikes!))
    })
  }

  forget(scope: string): void {
    void this.#do('reset', () => this.#store.reset(keyOf(scope)))
  }

  #strikeCharge(scope: string, cost: number): Charge {
    return { key: keyOf(scope), limit: this.#strikes, cost }
  }

  async #do(verb: StoreCall['verb'], work: () => MaybePromise<void>): Promise<void> {
    if (this.#underWay === MOST_UNDER_WAY) {
      this.leftOut += 1
      return
    }
    this.#underWay += 1
    try {
      // A store may well answer at once, from a file: not while a request is being decided.
      await Promise.resolve()
      await work()
    } catch (error) {
      // That it fails has been said, and is said again by each call that tries whether it still does.
      if (error instanceof StoreError && error.code === 'RL_STORE_UNAVAILABLE') return
      this.#events.emit('storeError', { role: 'main', verb, error })
    } finally {
      this.#underWay -= 1
    }
  }
}

function keyOf(scope: string): string {
  return `dos:${scope}`
}

function banCharge(scope: string, banMs: number): Charge {
  return { key: keyOf(scope), limit: { algorithm: 'fixed-window', quota: 1, windowMs: banMs }, cost: 1 }
}

function sharedBan(ban: Verdict, strikes: Verdict): SharedBan {
  return { endsInMs: ban.allowed ? 0 : ban.retryAfterMs, clearedInMs: strikes.resetAfterMs }
}
