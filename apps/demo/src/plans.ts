import type { defaultTiers } from '@rl/core'

type Plan = keyof typeof defaultTiers

/** Who may use the demo as what: an API key stands for a user of a plan. */
const KEYS: ReadonlyMap<string, Plan> = new Map([
  ['free-key', 'free'],
  ['premium-key', 'premium'],
  ['enterprise-key', 'enterprise'],
  ['admin-key', 'admin'],
])

/** The user behind an API key, if it is one of ours. */
export function userOf(apiKey: string | undefined): { userId: string; tier: Plan } | undefined {
  const tier = apiKey === undefined ? undefined : KEYS.get(apiKey)
  return apiKey === undefined || tier === undefined ? undefined : { userId: apiKey, tier }
}
