import type { Verdict } from '../algorithms/algorithm.ts'
import { checkCost } from '../algorithms/apply-algorithm.ts'
import { RequestError, shown } from '../errors.ts'
import { withReceipts } from '../stores/guarded-store.ts'
import type { GuardedStore } from '../stores/guarded-store.ts'
import type { Charge } from '../stores/store.ts'
import type { RateLimitResult } from './result.ts'

/** Charges that have been made, and where. */
export interface Spending {
  readonly store: GuardedStore
  readonly charges: readonly Charge[]
  readonly verdicts: readonly Verdict[]
}

/** The charges that have been made for one request: mostly one spending, which is kept without a list. */
export class Ledger {
  #first: Spending | undefined
  #others: Spending[] | undefined

  get entries(): readonly Spending[] {
    return this.#first ? [this.#first, ...(this.#others ?? [])] : []
  }

  add(entry: Spending): void {
    if (!this.#first) this.#first = entry
    else (this.#others ??= []).push(entry)
  }
}

/** A decision whose cost can be corrected once it is known. */
export interface Reservation<Name extends string = string> extends RateLimitResult<Name> {
  /**
   * Gives back all but so many units, in every limit that was charged, and only in the window that was charged: what has
   * ended meanwhile, a reservation that was never settled included, is over. Again, with less, gives back more. A denied
   * request has nothing to give back.
   *
   * @param cost What the request has cost indeed: at most what is still charged.
   * @throws {RequestError} `RL_INVALID_COST`
   * @throws {StoreError} if a store cannot do so, then and ever after: what it has done is not known.
   */
  settle(cost: number): Promise<void>
}

/**
 * @param result The decision, which nobody else has: it becomes the reservation.
 * @param reserved The cost that was charged.
 */
export function reservationOf<Name extends string>(
  result: RateLimitResult<Name>,
  reserved: number,
  ledger: Ledger,
): Reservation<Name> {
  let charged = reserved
  /** A refund that failed may have been made for all that: it must not be made again. */
  let failure: { readonly error: unknown } | undefined
  async function settle(cost: number): Promise<void> {
    checkCost(cost)
    if (failure) throw failure.error
    if (cost > charged) {
      throw new RequestError(
        'RL_INVALID_COST',
        `Expected \`cost\` to be at most ${charged}, which is still charged, got ${shown(cost)}`,
      )
    }
    const surplus = charged - cost
    const givenBefore = reserved - charged
    charged = cost
    if (surplus === 0) return
    try {
      await Promise.all(ledger.entries.map(async (spending) => giveBack(spending, surplus, givenBefore)))
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  // Added to the very result, in half the time that a copy takes.
  const reservation: RateLimitResult<Name> & Partial<Pick<Reservation, 'settle'>> = result
  reservation.settle = settle
  return reservation as Reservation<Name>
}

async function giveBack({ store, charges, verdicts }: Spending, units: number, givenBefore: number): Promise<void> {
  const left = verdicts.map((verdict, i) => lessenedBy(givenBefore, verdict, charges[i]!))
  await store.refund(withReceipts(charges, left).map((charge) => ({ ...charge, cost: units })))
}

/** What of a charge is still spent, once some of it has been given back: a bucket is full the sooner. */
function lessenedBy(units: number, verdict: Verdict, { limit: { quota, windowMs } }: Charge): Verdict {
  const refillMs = units === 0 ? 0 : Math.ceil((units * windowMs) / quota)
  return { ...verdict, resetAfterMs: Math.max(0, verdict.resetAfterMs - refillMs) }
}
