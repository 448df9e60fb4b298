import { createStore } from '@rl/core'
import type { Changes, Clock, Counter, Snapshot, State, Store } from '@rl/core'

import { storeConformance } from './store-conformance.ts'

/** A server that takes its time, as far as a store can tell: what is kept by name, and how often it was written. */
class Kept {
  readonly states = new Map<string, State>()
  version = 0

  async read(counters: readonly Counter[]): Promise<Snapshot> {
    await Promise.resolve()
    return { states: counters.map((counter) => this.states.get(nameOf(counter))) }
  }

  write({ writes }: Changes): void {
    if (writes.length > 0) this.version += 1
    for (const { state, ...counter } of writes) {
      if (state) this.states.set(nameOf(counter), state)
      else this.states.delete(nameOf(counter))
    }
  }
}

function nameOf({ key, algorithm }: Counter): string {
  return `${algorithm}:${key}`
}

function lockingStore({ clock }: { readonly clock: Clock }): Store {
  const kept = new Kept()
  let before: Promise<unknown> = Promise.resolve()
  return createStore({
    name: 'locking',
    clock,
    read: async (counters) => kept.read(counters),
    async update(counters, decide) {
      const turn = before.then(async () => kept.write(decide(await kept.read(counters))))
      before = turn.catch(() => undefined)
      return turn
    },
  })
}

function comparingStore({ clock }: { readonly clock: Clock }): Store {
  const kept = new Kept()
  return createStore({
    name: 'comparing',
    clock,
    read: async (counters) => kept.read(counters),
    async update(counters, decide) {
      for (;;) {
        const { version } = kept
        const changes = decide(await kept.read(counters))
        await Promise.resolve()
        if (kept.version === version) return kept.write(changes)
      }
    },
  })
}

storeConformance('a store of a backend that locks', lockingStore)
storeConformance('a store of a backend that compares and sets', comparingStore)
