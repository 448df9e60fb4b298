import type { BurstSender } from '../page/messages.ts'

/**
 * Who a burst is sent as: header fields of its n-th request. The addresses are of the ranges for documentation (RFC 5737,
 * RFC 3849), which nobody has, and never the visitor's: it would be limited, or banned, in the burst's stead.
 */
export const BURST_SENDERS = {
  anonymous: () => ({ 'x-forwarded-for': '192.0.2.10' }),
  free: () => ({ 'x-forwarded-for': '192.0.2.20', 'x-api-key': 'free-key' }),
  premium: () => ({ 'x-forwarded-for': '192.0.2.30', 'x-api-key': 'premium-key' }),
  enterprise: () => ({ 'x-forwarded-for': '192.0.2.40', 'x-api-key': 'enterprise-key' }),
  admin: () => ({ 'x-forwarded-for': '192.0.2.50', 'x-api-key': 'admin-key' }),
  attacker: () => ({ 'x-forwarded-for': '203.0.113.66' }),
  rotating: (n) => ({ 'x-forwarded-for': `2001:db8:bad:bad::${(n + 1).toString(16)}` }),
} as const satisfies Record<BurstSender, (n: number) => Readonly<Record<string, string>>>
