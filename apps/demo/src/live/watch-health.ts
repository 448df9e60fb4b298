import type { Health } from '@rl/core'

import type { DemoLimiter } from '../create-limiter.ts'

const EVERY_MS = 500

/**
 * Asks every half second how the store is.
 *
 * @returns Ends that.
 */
export function watchHealth(limiter: DemoLimiter, told: (health: Health) => void): () => void {
  let isOver = false
  let isLeftAlone = false

  async function ask(): Promise<void> {
    // The limiter tries a store that had failed again with the next request. Where nobody sends one, this does.
    if (isLeftAlone) await limiter.peek({ ip: '192.0.2.1' })
    const health = await limiter.health()
    isLeftAlone = health.store.isLeftAlone
    if (!isOver) told(health)
  }

  const asking = setInterval(() => void ask(), EVERY_MS)
  void ask()
  return () => {
    isOver = true
    clearInterval(asking)
  }
}
