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

  async function ask(): Promise<void> {
    const health = await limiter.health()
    if (!isOver) told(health)
  }

  const asking = setInterval(() => void ask(), EVERY_MS)
  void ask()
  return () => {
    isOver = true
    clearInterval(asking)
  }
}
