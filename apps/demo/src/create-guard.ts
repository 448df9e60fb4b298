import { DosGuard } from '@rl/core'

/** What nobody honest does here: more requests than these from one source in so many milliseconds. */
export const ATTACK = { threshold: 300, windowMs: 10_000 } as const

/**
 * Bans, for half a minute at first, who sends far more than the limits let through. Not this machine itself: whoever tries
 * the demo with a load generator is no attacker.
 */
export function createGuard(): DosGuard {
  return new DosGuard({
    ...ATTACK,
    ban: { baseMs: 30_000 },
    allow: ['127.0.0.0/8', '::1'],
    maxBytes: 2 ** 20,
  })
}
