import type { State, Verdict } from '../algorithms/algorithm.ts'
import type { Clock } from '../clock.ts'
import { applyCharges, refundCharges } from './apply-charges.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Charge, Store } from './store.ts'

/** The least that is a store; it remembers what it was asked. */
export class MapStore implements Store {
  readonly states = new Map<string, State>()
  readonly asked: string[] = []
  readonly #clock: Clock

  constructor(clock: Clock = () => 0) {
    this.#clock = clock
  }

  consume(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    this.asked.push('consume')
    const { verdicts, writes } = applyCharges(charges, this.#read, this.#clock())
    for (const { index, state } of writes) this.#write(charges[index]!, state)
    return verdicts
  }

  peek(charges: readonly Charge[]): readonly Verdict[] {
    this.asked.push('peek')
    return applyCharges(charges, this.#read, this.#clock()).verdicts
  }

  refund(charges: readonly Charge[]): void {
    this.asked.push('refund')
    for (const { index, state } of refundCharges(charges, this.#read, this.#clock()))
      this.#write(charges[index]!, state)
  }

  reset(key: string): void {
    this.asked.push('reset')
    for (const name of this.states.keys()) if (name.endsWith(` ${key}`)) this.states.delete(name)
  }

  ping(): MaybePromise<void> {
    this.asked.push('ping')
  }

  close(): void {
    this.asked.push('close')
  }

  readonly #read = ({ key, limit }: Charge): State | undefined => this.states.get(`${limit.algorithm} ${key}`)

  #write({ key, limit }: Charge, state: State | undefined): void {
    if (state) this.states.set(`${limit.algorithm} ${key}`, state)
    else this.states.delete(`${limit.algorithm} ${key}`)
  }
}
