import { applyCharges } from '@rl/core'
import type { Charge, Clock, Limit, State, Store, Verdict } from '@rl/core'

import { ReferenceStore } from '../reference-store.ts'
import type { MakeStore } from '../run-store-case.ts'
import type { StoreCaseName } from '../store-cases.ts'

export type Charges = readonly Charge[]

/** By what is wrong with them: stores that are right in all else, and the cases that must notice. */
export type Faults = Readonly<Record<string, readonly [make: MakeStore, ...caughtBy: StoreCaseName[]]>>

/** Right, but for the methods that are given instead. */
export function but(change: (right: ReferenceStore) => Partial<Store>): MakeStore {
  return (context) => {
    const right = new ReferenceStore(context)
    return {
      consume: (charges) => right.consume(charges),
      peek: (charges) => right.peek(charges),
      refund: (charges) => right.refund(charges),
      reset: (key) => right.reset(key),
      ping: () => right.ping(),
      close: () => right.close(),
      ...change(right),
    }
  }
}

/** Counts something else than it is given. */
export function charging(change: (charge: Charge) => Partial<Charge>): MakeStore {
  const changed = (charges: Charges): Charges => charges.map((charge) => ({ ...charge, ...change(charge) }))
  return but((right) => ({
    consume: (charges) => right.consume(changed(charges)),
    peek: (charges) => right.peek(changed(charges)),
    refund: (charges) => right.refund(changed(charges)),
  }))
}

/** Counts under another limit than it is given. */
export function limiting(
  change: (limit: Limit) => { readonly [field in keyof Limit]?: Limit[field] | undefined },
): MakeStore {
  return charging(({ limit }) => {
    const { burst, ...changed } = { ...limit, ...change(limit) } as Limit
    return { limit: burst === undefined ? changed : { ...changed, burst } }
  })
}

/** Counts right, and answers something else. */
export function answering(change: (verdict: Verdict, charge: Charge) => Partial<Verdict>): MakeStore {
  const changed = (verdicts: readonly Verdict[], charges: Charges): readonly Verdict[] =>
    verdicts.map((verdict, i) => ({ ...verdict, ...change(verdict, charges[i]!) }))
  return but((right) => ({
    consume: (charges) => changed(right.consume(charges), charges),
    peek: (charges) => changed(right.peek(charges), charges),
  }))
}

/** Lets other calls in between reading and writing. */
export function pausing(when: (charges: Charges) => boolean): MakeStore {
  return but((right) => ({
    async consume(charges) {
      const { verdicts, writes } = applyCharges(charges, right.read, right.now())
      if (when(charges)) await Promise.resolve()
      right.write(charges, writes)
      return verdicts
    },
  }))
}

/** What a fault goes by, and what it keeps instead: `undefined` for what would be right. */
type Meddle = (charge: Charge, state: State | undefined, now: number) => State | undefined

/** Keeps another state after a charge for which `when` holds. */
export function keepingAfter(when: (verdict: Verdict, charge: Charge) => boolean, meddle: Meddle): MakeStore {
  return but((right) => ({
    consume(charges) {
      const verdicts = right.consume(charges)
      const isMeddled = (charge: Charge, i: number): boolean => when(verdicts[i]!, charge)
      meddleWith(right, charges.filter(isMeddled), meddle)
      return verdicts
    },
  }))
}

/** Keeps another state after a refund. */
export function refunding(meddle: Meddle): MakeStore {
  return but((right) => ({
    refund(charges) {
      const rest = meddleWith(right, charges, meddle)
      right.refund(rest)
    },
  }))
}

/** Keeps its states by another name. */
export function naming(nameOf: (algorithm: string, key: string) => string): MakeStore {
  return (context) => Object.assign(new ReferenceStore(context), { nameOf })
}

/** Goes by another time than its clock's. */
export function timing(change: (clock: Clock) => Clock): MakeStore {
  return ({ clock }) => new ReferenceStore({ clock: change(clock) })
}

/** Drops states that are wanted yet. */
export function dropping(isDropped: (expiresAt: number, now: number) => boolean): MakeStore {
  return but((right) => ({
    consume(charges) {
      for (const [name, { expiresAt }] of right.entries) {
        if (isDropped(expiresAt, right.now())) right.entries.delete(name)
      }
      return right.consume(charges)
    },
  }))
}

/** Answers the charges that were left alone. */
function meddleWith(store: ReferenceStore, charges: Charges, meddle: Meddle): Charges {
  return charges.filter((charge) => {
    const state = meddle(charge, store.read(charge), store.now())
    if (state) store.write([charge], [{ index: 0, state, expiresAt: Infinity }])
    return state === undefined
  })
}
