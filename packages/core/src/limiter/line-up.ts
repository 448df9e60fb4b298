import type { Policy } from './policy.ts'

/** The limits that apply to requests of one kind, sorted out once. */
export interface LineUp {
  /** Those that are enforced, in the order address, user, endpoint. */
  readonly enforced: readonly Policy[]
  /** Those in shadow mode. */
  readonly shadows: readonly Policy[]
  /** Whether a quota of theirs depends on the request. */
  readonly asksForQuotas: boolean
}

export function lineUpOf(policies: readonly Policy[]): LineUp {
  return {
    enforced: policies.filter(({ isShadow }) => !isShadow),
    shadows: policies.filter(({ isShadow }) => isShadow),
    asksForQuotas: policies.some(({ quotas }) => quotas),
  }
}
