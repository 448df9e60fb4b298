import type { BurstSender } from '../page/messages.ts'

/** A user's requests come from all over, so that the guard, which knows no users, has nothing against one address. */
function fromAllOver(site: string, apiKey: string) {
  return (n: number) => ({
    'x-forwarded-for': `2001:db8:${site}:${((n % 256) * 256).toString(16)}::1`,
    'x-api-key': apiKey,
  })
}

/**
 * Who a burst is sent as: header fields of its n-th request. The addresses are of the ranges for documentation (RFC 5737,
 * RFC 3849), which nobody has, and never the visitor's: it would be limited, or banned, in the burst's stead.
 */
export const BURST_SENDERS = {
  anonymous: () => ({ 'x-forwarded-for': '192.0.2.10' }),
  free: fromAllOver('1', 'free-key'),
  premium: fromAllOver('2', 'premium-key'),
  enterprise: fromAllOver('3', 'enterprise-key'),
  admin: fromAllOver('4', 'admin-key'),
  attacker: () => ({ 'x-forwarded-for': '203.0.113.66' }),
  rotating: (n) => ({ 'x-forwarded-for': `2001:db8:bad:bad::${(n + 1).toString(16)}` }),
} as const satisfies Record<BurstSender, (n: number) => Readonly<Record<string, string>>>
