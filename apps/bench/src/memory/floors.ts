import type { Store } from '@rl/core'

import { askEach } from '../contender.ts'
import type { Contender } from '../contender.ts'
import { mapWindows } from '../map-windows.ts'

/** A count for each key, and neither a window nor an end to it: what no limiter can do without. */
export const mapCounter: Contender = {
  name: '`Map` counter',
  make({ quota }) {
    const counts = new Map<string, number>()
    return askEach((key) => {
      const count = counts.get(key) ?? 0
      if (count >= quota) return false
      counts.set(key, count + 1)
      return true
    })
  },
}

/** Nothing but the `await` that is around every decision. */
export const awaitAlone: Contender = {
  name: '`await` alone',
  decides: false,
  make: () => askEach(() => true),
}

/**
 * Counts that end, by the clock, asked and answered as a store of ours is: with a list of charges, and one of verdicts. What none with
 * that contract can do without: it checks nothing, holds any number of keys, and drops none.
 */
export const mapOfWindows: Contender = {
  name: '`Map` of windows, answered in a list',
  make(quota) {
    const charge = mapWindows(quota)
    const consume: Store['consume'] = (charges) => {
      const { allowed, remaining, resetSeconds } = charge(charges[0]!.key)
      const resetAfterMs = 1000 * resetSeconds
      return [{ allowed, limit: quota.quota, remaining, retryAfterMs: allowed ? 0 : resetAfterMs, resetAfterMs }]
    }
    const limit = { algorithm: 'fixed-window', ...quota }
    return async function ask(keys) {
      let admitted = 0
      for (const key of keys) {
        const [verdict] = await consume([{ key, limit, cost: 1 }])
        if (verdict!.allowed) admitted += 1
      }
      return admitted
    }
  },
}

/** Three counts for each key, all or none. */
export const threeMapCounters: Contender = {
  name: '`Map` counters, three',
  make({ quota }) {
    const counters = [quota, 10 * quota, 100 * quota].map((most) => ({ most, counts: new Map<string, number>() }))
    return askEach((key) => {
      for (const { most, counts } of counters) if ((counts.get(key) ?? 0) >= most) return false
      for (const { counts } of counters) counts.set(key, (counts.get(key) ?? 0) + 1)
      return true
    })
  },
}
