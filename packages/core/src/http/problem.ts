import { LRUCache } from 'lru-cache'
import Negotiator from 'negotiator'

import type { DenialReason, RateLimitResult } from '../limiter/result.ts'
import type { HeaderFields } from './rate-limit-headers.ts'

/** Why a request is not served. */
export type ProblemReason = DenialReason | 'abnormal-usage-detected' | 'invalid-address'

/** A denial as a client reads it: problem details (RFC 9457). */
export interface Problem {
  /** The kind of problem, from IANA's registry of problem types; `about:blank` where the status says it all. */
  readonly type: string
  readonly title: string
  readonly status: 400 | 403 | 429 | 503
  readonly detail: string
  /** The limits that denied the request; `dos` where it was the guard against attacks. */
  readonly 'violated-policies': readonly string[]
  /** Milliseconds until the request would be admitted; left out if it never would. */
  readonly retryAfterMs?: number | undefined
}

/** What is known of a denial, and of who will read it. */
export interface DenialContext {
  readonly result?:
    | (Pick<RateLimitResult, 'retryAfterMs'> & {
        readonly policies: readonly { readonly name: string; readonly allowed: boolean }[]
      })
    | undefined
  /** The `Accept` field of the request. */
  readonly accept?: string | undefined
  /** What to say in place of the usual detail. */
  readonly message?: string | undefined
}

/** How to answer a request that is not served. */
export interface Denial {
  readonly statusCode: Problem['status']
  /** The status in words. */
  readonly message: string
  readonly headers: HeaderFields
  readonly body: string
}

const IANA = 'https://iana.org/assignments/http-problem-types#'

const KINDS = {
  'quota-exceeded': { type: `${IANA}quota-exceeded`, title: 'Too many requests', status: 429 },
  'temporary-reduced-capacity': {
    type: `${IANA}temporary-reduced-capacity`,
    title: 'Temporarily reduced capacity',
    status: 503,
  },
  'abnormal-usage-detected': { type: `${IANA}abnormal-usage-detected`, title: 'Abnormal usage detected', status: 429 },
  'deny-list': { type: 'about:blank', title: 'Forbidden', status: 403 },
  'invalid-address': { type: 'about:blank', title: 'Bad Request', status: 400 },
} as const satisfies Record<ProblemReason, Pick<Problem, 'type' | 'title' | 'status'>>

const PROBLEM = 'application/problem+json'
const TYPES = [PROBLEM, 'application/json', 'text/plain']

/** A longer `Accept` is not looked at: to weigh one of 16 kB takes milliseconds, which attackers would have us take. */
const LONGEST_ACCEPT = 300
/** By what clients accept, which is mostly the same: to find out takes 2 to 8 µs (Node 24), as long as all else of a denial or longer. */
const preferred = new LRUCache<string, string>({ max: 100 })

/** Answers a request that is not served: problem details, unless the client rather has plain text. Never to be cached. */
export function denialOf(reason: ProblemReason, { result, accept, message }: DenialContext): Denial {
  const detail = message ?? detailOf(reason, result)
  const { type, title, status } = KINDS[reason]
  const contentType = preferredType(accept)
  const problem: Problem = {
    type,
    title,
    status,
    detail,
    'violated-policies': result ? result.policies.filter(({ allowed }) => !allowed).map(({ name }) => name) : [],
    retryAfterMs: result && Number.isFinite(result.retryAfterMs) ? result.retryAfterMs : undefined,
  }
  const isText = contentType === 'text/plain'
  return {
    statusCode: status,
    message: title,
    headers: { 'content-type': isText ? 'text/plain; charset=utf-8' : contentType, 'cache-control': 'no-store' },
    body: isText ? detail : JSON.stringify(problem),
  }
}

function detailOf(reason: ProblemReason, result: DenialContext['result']): string {
  if (reason === 'deny-list') return 'This client is not served.'
  if (reason === 'invalid-address') return 'The address of the client could not be read.'
  const isCurable = result && Number.isFinite(result.retryAfterMs)
  if (isCurable) return `Try again in ${Math.ceil(result.retryAfterMs / 1000)} s.`
  return 'The request asks for more than the limit ever allows.'
}

/** Of the types that there are, the one that the client likes best; if it likes none, it gets a problem (RFC 9110, 12.5.1). */
function preferredType(accept: string | undefined): string {
  if (accept === undefined || accept.length > LONGEST_ACCEPT) return PROBLEM
  const known = preferred.get(accept)
  if (known !== undefined) return known
  const type = new Negotiator({ headers: { accept } }).mediaType(TYPES) ?? PROBLEM
  preferred.set(accept, type)
  return type
}
