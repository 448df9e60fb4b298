import { askEach } from '../contender.ts'
import type { Contender } from '../contender.ts'

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
