import type { State } from '../algorithms/algorithm.ts'
import { algorithms } from '../algorithms/algorithms.ts'
import { readClock } from '../clock.ts'
import { ConfigError, isCoded, shown, StoreError } from '../errors.ts'
import type { StoreErrorCode } from '../errors.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction, checkOptions } from '../options.ts'
import { applyCharges, checkCharge, refundCharges } from './apply-charges.ts'
import type { StateReader, StateWrite } from './apply-charges.ts'
import { isStateOf } from './is-state-of.ts'
import { storageKey } from './storage-key.ts'
import type { Counter, CounterWrite, Snapshot, StoreBackend } from './store-backend.ts'
import type { Charge, Store } from './store.ts'

const OPTIONS = { name: true, clock: true, read: true, update: true, close: true } as const satisfies Record<
  keyof StoreBackend,
  true
>

/**
 * Makes a store of a backend that can hold some keys still, or can compare and set: the whole contract but for reading and
 * writing. What is not well formed is refused before the backend is asked, long keys are hashed, what the backend throws
 * becomes a `StoreError`, and so does a state that is none.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`
 *
 * @example
 * ```ts
 * import { createStore } from '@rl/core'
 * import type { Counter, State } from '@rl/core'
 *
 * // One process, one thread: there is nothing to lock.
 * const states = new Map<string, State | undefined>()
 * const nameOf = ({ key, algorithm }: Counter) => `${algorithm} ${key}`
 * const read = (counters: readonly Counter[]) => ({ states: counters.map((counter) => states.get(nameOf(counter))) })
 *
 * const store = createStore({
 *   name: 'map',
 *   read,
 *   update(counters, decide) {
 *     for (const write of decide(read(counters)).writes) states.set(nameOf(write), write.state)
 *   },
 * })
 * ```
 */
export function createStore(backend: StoreBackend): Store {
  checkBackend(backend)
  let closing: Promise<void> | undefined

  async function ask<T>(question: () => MaybePromise<T>): Promise<T> {
    if (closing) throw failure('RL_STORE_CLOSED', 'was used after it was closed')
    try {
      return await question()
    } catch (error) {
      if (isCoded(error)) throw error
      throw failure('RL_STORE_FAILED', `failed: ${error instanceof Error ? error.message : String(error)}`, error)
    }
  }

  async function change<D extends { readonly writes: readonly StateWrite[] }>(
    charges: readonly Charge[],
    decide: (charges: readonly Charge[], read: StateReader, now: number) => D,
  ): Promise<D> {
    const counters = countersOf(charges)
    let decision: D | undefined
    await ask(() =>
      backend.update([...counters.values()], (snapshot) => {
        const now = timeOf(snapshot)
        decision = decide(charges, readerOf(counters, snapshot), now)
        return { now, writes: writesOf(charges, decision.writes) }
      }),
    )
    if (!decision) throw failure('RL_STORE_FAILED', 'has updated something without asking what')
    return decision
  }

  function readerOf(counters: Counters, { states }: Snapshot): StateReader {
    if (states?.length !== counters.size) {
      throw failure('RL_STORE_CORRUPT', `answers ${shown(states?.length)} states for ${counters.size} counters`)
    }
    const byName = new Map([...counters].map(([name, { algorithm }], i) => [name, checkState(algorithm, states[i])]))
    return (charge) => byName.get(nameOf(counterOf(charge)))
  }

  function checkState(algorithm: string, state: State | null = null): State | undefined {
    if (state === null) return undefined
    if (isStateOf(algorithm, state)) return state
    throw failure('RL_STORE_CORRUPT', `holds what is no state of ${algorithm}: got ${shown(state)}`)
  }

  function timeOf({ now }: Snapshot): number {
    return readClock(backend.clock ?? (() => now ?? Date.now()))
  }

  function failure(code: StoreErrorCode, what: string, cause?: unknown): StoreError {
    return new StoreError(code, backend.name, `The ${backend.name} store ${what}`, { cause })
  }

  return {
    async consume(charges) {
      return (await change(charges, applyCharges)).verdicts
    },

    async peek(charges) {
      const counters = countersOf(charges)
      const snapshot = await ask(() => backend.read([...counters.values()]))
      return applyCharges(charges, readerOf(counters, snapshot), timeOf(snapshot)).verdicts
    },

    async refund(charges) {
      await change(charges, (...asked) => ({ writes: refundCharges(...asked) }))
    },

    async reset(key) {
      const counters = Object.keys(algorithms).map((algorithm) => ({ key: storageKey(key), algorithm }))
      await ask(() =>
        backend.update(counters, (snapshot) => {
          const now = timeOf(snapshot)
          const held = counters.filter((_, i) => snapshot.states[i])
          return { now, writes: held.map((counter) => ({ ...counter, state: undefined, expiresAt: now })) }
        }),
      )
    },

    async ping() {
      await ask(() => backend.read([{ key: '', algorithm: 'fixed-window' }]))
    },

    close() {
      return (closing ??= ask(() => backend.close?.()))
    },
  }
}

/** By their names, in their order. */
type Counters = ReadonlyMap<string, Counter>

function countersOf(charges: readonly Charge[]): Counters {
  charges.forEach(checkCharge)
  const counters = charges.map(counterOf).toSorted((a, b) => compare(a.key, b.key) || compare(a.algorithm, b.algorithm))
  return new Map(counters.map((counter) => [nameOf(counter), counter]))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function counterOf({ key, limit }: Charge): Counter {
  return { key: storageKey(key), algorithm: limit.algorithm }
}

/** No name of an algorithm has a space, so no two counters have the same name. */
function nameOf({ key, algorithm }: Counter): string {
  return `${algorithm} ${key}`
}

/** Where one counter is written twice, the later stands. */
function writesOf(charges: readonly Charge[], writes: readonly StateWrite[]): readonly CounterWrite[] {
  const byName = new Map<string, CounterWrite>()
  for (const { index, state, expiresAt } of writes) {
    const counter = counterOf(charges[index]!)
    byName.set(nameOf(counter), { ...counter, state, expiresAt })
  }
  return [...byName.values()]
}

function checkBackend(backend: StoreBackend): void {
  checkOptions('createStore', backend, OPTIONS)
  if (typeof backend.name !== 'string' || backend.name === '') {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`name\` to be a word for the backend, got ${shown(backend.name)}`,
    )
  }
  for (const method of ['read', 'update'] as const) {
    if (typeof backend[method] !== 'function') {
      throw new ConfigError(
        'RL_INVALID_OPTION',
        `Expected \`${method}\` to be a function, got ${shown(backend[method])}`,
      )
    }
  }
  for (const method of ['clock', 'close'] as const) checkFunction(method, backend[method])
}
