/**
 * The tiers that a limiter knows unless told otherwise: what a user of each may ask for.
 *
 * @example
 * ```ts
 * import { defaultTiers } from '@rl/core'
 *
 * const tiers = { ...defaultTiers, partner: '500 per minute' } as const
 * ```
 */
export const defaultTiers = Object.freeze({
  free: '60 per minute',
  premium: '300 per minute',
  enterprise: '1000 per minute',
  admin: 'unlimited',
})
