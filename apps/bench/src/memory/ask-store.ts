import type { Limit, Store } from '@rl/core'

import { widened } from '../contender.ts'
import type { Ask } from '../contender.ts'

type Consume = Store['consume']

/** Asks as a store's users do, for one limit. */
export function askForOne(consume: Consume, limit: Limit): Ask {
  return async function ask(keys) {
    let admitted = 0
    for (const key of keys) {
      const [verdict] = await consume([{ key, limit, cost: 1 }])
      if (verdict!.allowed) admitted += 1
    }
    return admitted
  }
}

/** Asks for three limits in one call: this one, and two that are wider. */
export function askForThree(consume: Consume, limit: Limit): Ask {
  const [hard, medium, soft] = widened(limit)
  return async function ask(keys) {
    let admitted = 0
    for (const key of keys) {
      const [a, b, c] = await consume([
        { key: `a:${key}`, limit: hard, cost: 1 },
        { key: `b:${key}`, limit: medium, cost: 1 },
        { key: `c:${key}`, limit: soft, cost: 1 },
      ])
      if (a!.allowed && b!.allowed && c!.allowed) admitted += 1
    }
    return admitted
  }
}
