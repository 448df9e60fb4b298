import type { Health } from '@rl/core'

import type { LiveState } from './messages.ts'
import { byId, setText } from './template.ts'
import { countText, latencyText } from './wording.ts'

const MEANINGS = {
  healthy: 'Every decision is counted.',
  degraded: 'It does not answer. Requests go on, uncounted, until it is back.',
  unhealthy: 'It does not answer, and some limits deny without it, with 503.',
} as const satisfies Record<Health['status'], string>

export function showStore({ health, keys }: LiveState): void {
  if (!health) return
  const { status, store } = health
  setText(byId('store-status'), status)
  byId('store-status').dataset['status'] = status
  setText(byId('store-meaning'), MEANINGS[status])
  setText(byId('store-latency'), store.ok ? latencyText(store.latencyMs) : '–')
  byId('store-keys').parentElement!.hidden = keys === undefined
  setText(byId('store-keys'), countText(keys ?? 0))
  setText(byId('store-error'), store.error ?? '')
}
