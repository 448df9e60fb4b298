import { algorithms, applyCharges, readClock, refundCharges, StoreError } from '@rl/core'
import type { Charge, Clock, State, StateWrite, Store, Verdict } from '@rl/core'

interface Entry {
  readonly key: string
  readonly state: State
  readonly expiresAt: number
}

/** The contract and nothing else: core's functions over a map. It forgets nothing by itself, so it is for tests only. */
export class ReferenceStore implements Store {
  readonly entries = new Map<string, Entry>()
  readonly #clock: Clock
  #isClosed = false

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  consume(charges: readonly Charge[]): readonly Verdict[] {
    const { verdicts, writes } = applyCharges(charges, this.read, this.now())
    this.write(charges, writes)
    return verdicts
  }

  peek(charges: readonly Charge[]): readonly Verdict[] {
    return applyCharges(charges, this.read, this.now()).verdicts
  }

  refund(charges: readonly Charge[]): void {
    this.write(charges, refundCharges(charges, this.read, this.now()))
  }

  reset(key: string): void {
    this.now()
    for (const algorithm of Object.keys(algorithms)) this.entries.delete(this.nameOf(algorithm, key))
  }

  ping(): void {
    this.now()
  }

  close(): void {
    this.#isClosed = true
    this.entries.clear()
  }

  now(): number {
    if (this.#isClosed)
      throw new StoreError('RL_STORE_CLOSED', 'reference', 'The reference store was used after it was closed')
    return readClock(this.#clock)
  }

  /** No name of an algorithm has a colon, so no two pairs have the same name. */
  nameOf(algorithm: string, key: string): string {
    return `${algorithm}:${key}`
  }

  readonly read = ({ key, limit }: Charge): State | undefined =>
    this.entries.get(this.nameOf(limit.algorithm, key))?.state

  write(charges: readonly Charge[], writes: readonly StateWrite[]): void {
    for (const { index, state, expiresAt } of writes) {
      const { key, limit } = charges[index]!
      const name = this.nameOf(limit.algorithm, key)
      if (state === undefined) this.entries.delete(name)
      else this.entries.set(name, { key, state, expiresAt })
    }
  }
}
