import type { DenialReason, RateLimitResult } from '../limiter/result.ts'

/** A denial as a client reads it: problem details (RFC 9457). */
export interface Problem {
  /** The kind of problem, from IANA's registry of problem types. */
  readonly type: string
  readonly title: string
  readonly status: 403 | 429 | 503
  readonly detail: string
  /** The limits that denied the request. */
  readonly 'violated-policies': readonly string[]
  /** Milliseconds until the request would be admitted; left out if it never would. */
  readonly retryAfterMs?: number
}

const PROBLEM_TYPES = 'https://iana.org/assignments/http-problem-types#'

const KINDS = {
  'quota-exceeded': { title: 'Too many requests', status: 429 },
  'temporary-reduced-capacity': { title: 'Temporarily reduced capacity', status: 503 },
  'deny-list': { title: 'Forbidden', status: 403 },
} as const satisfies Record<DenialReason, { title: string; status: number }>

/** Tells a client why its request was denied. */
export function problemOf(reason: DenialReason, result: RateLimitResult): Problem {
  const { retryAfterMs, policies } = result
  const isCurable = Number.isFinite(retryAfterMs)
  const detail = isCurable
    ? `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`
    : 'The request asks for more than the limit ever allows.'
  return {
    type: PROBLEM_TYPES + reason,
    ...KINDS[reason],
    detail,
    'violated-policies': policies.filter(({ allowed }) => !allowed).map(({ name }) => name),
    ...(isCurable && { retryAfterMs }),
  }
}
