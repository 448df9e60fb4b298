import type { Verdict } from '@rl/core'

import { askEach, widened } from '../contender.ts'
import type { Contender } from '../contender.ts'
import { askForOne, askForThree } from './ask-store.ts'
import { checkedMapOfWindows, mapOfLogs, mapOfWindows } from '../stores-by-hand.ts'

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

/** What it takes to know whether a window is over, and to be awaited. */
export const awaitAndClock: Contender = {
  name: '`await`, and the clock',
  decides: false,
  make: () => askEach(() => Date.now() > 0),
}

export const windowsInList: Contender = {
  name: '`Map` of windows, answered in a list',
  make: (quota) => askForOne(mapOfWindows(), { algorithm: 'fixed-window', ...quota }),
}

/** The same, where bad input is refused. */
export const checkedWindowsInList: Contender = {
  name: '`Map` of windows, checked, answered in a list',
  make: (quota) => askForOne(checkedMapOfWindows(), { algorithm: 'fixed-window', ...quota }),
}

export const logsInList: Contender = {
  name: '`Map` of logs, answered in a list',
  make: (quota) => askForOne(mapOfLogs(), { algorithm: 'sliding-window', ...quota }),
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

export const threeWindowsInList: Contender = {
  name: '`Map` of windows, three answered in a list',
  make: (quota) => askForThree(mapOfWindows(), { algorithm: 'fixed-window', ...quota }),
}

/** Three limits by hand, and the values of three header fields for the one that has the least left. */
export const threeWindowsAndFields: Contender = {
  name: '`Map` of windows, three, and header values',
  make(quota) {
    const consume = mapOfWindows()
    const [byAddress, byUser, byEndpoint] = widened({ algorithm: 'fixed-window', ...quota })
    return async function ask(addresses) {
      let admitted = 0
      for (const ip of addresses) {
        const verdicts = await consume([
          { key: `ip|${ip}`, limit: byAddress, cost: 1 },
          { key: `user|${ip}`, limit: byUser, cost: 1 },
          { key: `/api/search|${ip}`, limit: byEndpoint, cost: 1 },
        ])
        const fields = fieldsOf(verdicts)
        if (verdicts.every(({ allowed }) => allowed) && fields['x-ratelimit-remaining'] !== undefined) admitted += 1
      }
      return admitted
    }
  },
}

function fieldsOf(verdicts: readonly Verdict[]): Readonly<Record<string, string>> {
  let tightest = verdicts[0]!
  for (const verdict of verdicts) if (verdict.remaining < tightest.remaining) tightest = verdict
  return {
    'x-ratelimit-limit': String(tightest.limit),
    'x-ratelimit-remaining': String(tightest.remaining),
    'x-ratelimit-reset': String(Math.ceil(tightest.resetAfterMs / 1000)),
  }
}
