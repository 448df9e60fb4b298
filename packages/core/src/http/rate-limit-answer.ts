import type { Reservation } from '../limiter/reservation.ts'
import type { ProblemReason } from './problem.ts'
import type { HeaderFields } from './rate-limit-headers.ts'

/** What to answer to a request, in terms that every framework has. */
export interface RateLimitAnswer {
  readonly allowed: boolean
  /**
   * 200 if the request may go on. Else 429 if a limit or the guard against attacks denies it, 503 if that is for want of a
   * store, 403 if it is on the deny list, 400 if its client's address is none.
   */
  readonly statusCode: number
  /** Why the request may not go on, if it may not. */
  readonly reason: ProblemReason | undefined
  /** The status in words. */
  readonly message: string
  /** Fields to set, on the application's own answer as well. */
  readonly headers: HeaderFields
  /** What to answer a denied request with, problem details (RFC 9457) in JSON unless it asks for something else; empty if the request may go on. */
  readonly body: string
  /** The decision behind it; none if the request was skipped or kept out as an attack, or its client's address is none. */
  readonly result: Reservation | undefined
  /** To be told the status of the answer once it is sent, or nothing if the client went away before. Only there if it matters. */
  readonly responded?: (statusCode: number | undefined) => void
}

/** What may take the place of an answer, in part. Header fields replace all that would be sent. */
export type OwnAnswer = Partial<Pick<RateLimitAnswer, 'statusCode' | 'headers' | 'body'>>
