import { checkCharge } from '@rl/core'
import type { Limit, Store, Verdict } from '@rl/core'

import type { Window } from './map-windows.ts'

/**
 * Windows in a `Map`, all charged or none, by the contract of our stores. What none with that contract can do without: it checks
 * nothing, holds any number of keys, and drops none.
 */
export function mapOfWindows(): Store['consume'] {
  const windows = new Map<string, Window>()
  return (charges) => {
    const now = Date.now()
    if (charges.length === 1) {
      const { key, limit } = charges[0]!
      return [charged(windowOf(windows, key, limit, now), limit, true, now)]
    }
    const found = charges.map(({ key, limit }) => windowOf(windows, key, limit, now))
    const isAllowed = charges.every(({ limit }, i) => found[i]!.count < limit.quota)
    return charges.map(({ limit }, i) => charged(found[i]!, limit, isAllowed, now))
  }
}

function windowOf(windows: Map<string, Window>, key: string, { windowMs }: Limit, now: number): Window {
  const known = windows.get(key)
  if (known && known.endsAt > now) return known
  const opened = { count: 0, endsAt: now + windowMs }
  windows.set(key, opened)
  return opened
}

function charged(window: Window, { quota }: Limit, isAllowed: boolean, now: number): Verdict {
  const allowed = window.count < quota
  if (allowed && isAllowed) window.count += 1
  const resetAfterMs = window.endsAt - now
  return {
    allowed,
    limit: quota,
    remaining: quota - window.count,
    retryAfterMs: allowed ? 0 : resetAfterMs,
    resetAfterMs,
  }
}

/** The same, where bad input is refused: a store of ours must not take NaN for a cost, or half a unit for a quota. */
export function checkedMapOfWindows(): Store['consume'] {
  const consume = mapOfWindows()
  return (charges) => {
    for (const charge of charges) checkCharge(charge)
    return consume(charges)
  }
}

interface Log {
  units: number
  /** The time and the units of each millisecond that is remembered, oldest first. */
  readonly charges: number[]
}

/** An exact log for each key, likewise: one limit at a time. What it costs to remember when each charge was made. */
export function mapOfLogs(): Store['consume'] {
  const logs = new Map<string, Log>()
  return ([charge]) => {
    const now = Date.now()
    const { key, limit } = charge!
    let log = logs.get(key)
    if (!log) logs.set(key, (log = { units: 0, charges: [] }))
    const { charges } = log
    while (charges.length > 0 && charges[0]! + limit.windowMs <= now) {
      log.units -= charges[1]!
      charges.splice(0, 2)
    }
    const allowed = log.units < limit.quota
    if (allowed) remember(log, now)
    const remaining = limit.quota - log.units
    const retryAfterMs = allowed ? 0 : charges[0]! + limit.windowMs - now
    return [{ allowed, limit: limit.quota, remaining, retryAfterMs, resetAfterMs: limit.windowMs }]
  }
}

function remember(log: Log, now: number): void {
  const { charges } = log
  log.units += 1
  if (charges.at(-2) === now) charges[charges.length - 1]! += 1
  else charges.push(now, 1)
}
