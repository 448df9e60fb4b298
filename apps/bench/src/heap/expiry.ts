import { MemoryStore } from '@rl/store-memory'

import { askEach, expectAdmitted } from '../contender.ts'
import type { Contender } from '../contender.ts'
import { mapWindows } from '../map-windows.ts'
import type { Window } from '../map-windows.ts'
import { keyOf } from '../keys.ts'
import type { Measures } from '../part.ts'
import { fill, usedBytes } from './fill.ts'

const QUOTA = 3
/** A window is to last until all keys are there, on a machine as fast or as busy as this one. */
const TIMES_A_MAP = 20
const SHORTEST_WINDOW_MS = 1500

/** Windows in a `Map`, which are there for ever: what the machine and the garbage collector do anyway. */
export const neverSwept: Contender = {
  name: '`Map`, never swept',
  make(quota) {
    const charge = mapWindows(quota)
    return askEach((key) => charge(key).allowed)
  },
}

/** Windows in a `Map`, all of which are looked at once in a window. */
export const sweptAtOnce: Contender = {
  name: '`Map`, swept at once',
  make(quota) {
    const windows = new Map<string, Window>()
    const charge = mapWindows(quota, windows)
    setInterval(() => {
      const now = Date.now()
      for (const [key, { endsAt }] of windows) if (endsAt <= now) windows.delete(key)
    }, quota.windowMs).unref()
    return askEach((key) => charge(key).allowed)
  },
}

/** The longest turn of the event loop while so many keys expire, and what is still held afterwards. */
export async function longestTurn({ name, make }: Contender, keys: number): Promise<Measures> {
  const before = usedBytes()
  const windowMs = Math.max(SHORTEST_WINDOW_MS, TIMES_A_MAP * (await timeToFill(neverSwept, keys)))
  const ask = await make({ quota: QUOTA, windowMs })
  const start = performance.now()
  await fill(ask, keys)
  if (performance.now() - start > windowMs)
    throw new Error(`${name}: the first keys have expired before the last was there`)
  // By then, also what looks once in a window has seen each key expired.
  const turnMs = await watchTurns(2 * windowMs + 1000)
  const heldBytes = (usedBytes() - before) / keys
  expectAdmitted(name, await ask(Array.from({ length: QUOTA + 1 }, () => keyOf(0))), QUOTA)
  return { turnMs, heldBytes }
}

/** The longest step in which our store drops keys, once the compiler has seen such steps. */
export async function longestStep(keys: number): Promise<Measures> {
  longestStepOf(keys / 10)
  return { turnMs: longestStepOf(keys) }
}

function longestStepOf(keys: number): number {
  let now = 0
  const store = new MemoryStore({ maxKeys: keys, clock: () => now })
  const limit = { algorithm: 'fixed-window', quota: QUOTA, windowMs: 1000 }
  // One after the other: a list of all keys would be garbage that other threads sweep, in the way of the steps.
  for (let i = 0; i < keys; i++) store.consume([{ key: keyOf(i), limit, cost: 1 }])
  now = limit.windowMs
  // What it takes to collect the garbage of all this is no part of a step.
  usedBytes()
  let longestMs = 0
  for (let isDone = false; !isDone;) {
    const start = performance.now()
    isDone = store.sweep()
    longestMs = Math.max(longestMs, performance.now() - start)
  }
  expectAdmitted('the memory store, once it is swept', store.size, 0)
  return longestMs
}

async function timeToFill({ make }: Contender, keys: number): Promise<number> {
  const ask = await make({ quota: QUOTA, windowMs: 3_600_000 })
  const start = performance.now()
  await fill(ask, keys)
  return Math.ceil(performance.now() - start)
}

function watchTurns(durationMs: number): Promise<number> {
  return new Promise((resolve) => {
    let last = performance.now()
    let longestMs = 0
    const end = last + durationMs
    setImmediate(function turn() {
      const now = performance.now()
      longestMs = Math.max(longestMs, now - last)
      last = now
      if (now < end) setImmediate(turn)
      else resolve(longestMs)
    })
  })
}
