import { applyCharges, refundCharges } from '@rl/core'
import type { Charge, State, StateWrite, Verdict } from '@rl/core'

import type { StateTable } from './state-table.ts'

interface Entry {
  state: State | undefined
  expiresAt: number
  isChanged: boolean
}

/**
 * Calls that are decided in one transaction, at one moment, one after the other. Each state is read at most once and
 * written at most once, at the end.
 *
 * Keys are as `storageKey` answers them.
 */
export class Batch {
  readonly #table: StateTable
  readonly #now: number
  /** By algorithm, then by key. */
  readonly #entries = new Map<string, Map<string, Entry>>()

  constructor(table: StateTable, now: number) {
    this.#table = table
    this.#now = now
  }

  consume(charges: readonly Charge[]): readonly Verdict[] {
    const { verdicts, writes } = applyCharges(charges, this.#read, this.#now)
    this.#write(charges, writes)
    return verdicts
  }

  peek(charges: readonly Charge[]): readonly Verdict[] {
    return applyCharges(charges, this.#read, this.#now).verdicts
  }

  refund(charges: readonly Charge[]): void {
    this.#write(charges, refundCharges(charges, this.#read, this.#now))
  }

  reset(key: string): void {
    for (const entries of this.#entries.values()) entries.delete(key)
    this.#table.deleteKey(key)
  }

  sweep(): boolean {
    return this.#table.sweep(this.#now)
  }

  /** Writes what has changed. */
  save(): void {
    let hasWritten = false
    for (const [algorithm, entries] of this.#entries) {
      for (const [key, { state, expiresAt, isChanged }] of entries) {
        if (!isChanged) continue
        hasWritten = true
        if (state) this.#table.write(key, algorithm, state, expiresAt)
        else this.#table.delete(key, algorithm)
      }
    }
    if (hasWritten) this.#table.sweepInPassing(this.#now)
  }

  readonly #read = ({ key, limit }: Charge): State | undefined => this.#entryOf(key, limit.algorithm).state

  #write(charges: readonly Charge[], writes: readonly StateWrite[]): void {
    for (const { index, state, expiresAt } of writes) {
      const { key, limit } = charges[index]!
      const entry = this.#entryOf(key, limit.algorithm)
      entry.state = state
      entry.expiresAt = expiresAt
      entry.isChanged = true
    }
  }

  #entryOf(key: string, algorithm: string): Entry {
    let entries = this.#entries.get(algorithm)
    if (!entries) this.#entries.set(algorithm, (entries = new Map<string, Entry>()))
    let entry = entries.get(key)
    if (!entry) {
      entry = { state: this.#table.read(key, algorithm), expiresAt: 0, isChanged: false }
      entries.set(key, entry)
    }
    return entry
  }
}
