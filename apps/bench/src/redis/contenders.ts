import type { Redis } from 'ioredis'

import { ALGORITHMS } from '../contender.ts'
import type { Contender } from '../contender.ts'
import { bareEvalsha, getAndSetrange, incr, keepLogs, threeGetAndSetrange, threeIncr } from './floors.ts'
import { redisStore, redisStoreForThree } from './ours.ts'
import { honoRateLimiter, rateLimiterFlexible, rateLimiterFlexibleUnion, rateLimitRedis, upstash } from './peers.ts'

/** A contender, and what its client does with commands of one moment. */
export interface Entrant {
  readonly row: string
  readonly contender: Contender<Redis>
  readonly isPipelining: boolean
}

const plain = (contender: Contender<Redis>): Entrant => ({ row: contender.name, contender, isPipelining: false })
const pipelined = (contender: Contender<Redis>): Entrant => ({
  row: `${contender.name}, auto-pipelined`,
  contender,
  isPipelining: true,
})

const floors: readonly Entrant[] = [plain(incr), pipelined(incr), plain(getAndSetrange), plain(keepLogs)]

const ours: readonly Entrant[] = ALGORITHMS.map((algorithm) => plain(redisStore(algorithm)))

/** The peers, with one limit. */
export const peers: readonly Entrant[] = [
  plain(rateLimiterFlexible),
  pipelined(rateLimiterFlexible),
  plain(rateLimitRedis),
  pipelined(rateLimitRedis),
  plain(honoRateLimiter),
  plain(upstash('fixedWindow')),
]

const bare: readonly Entrant[] = ALGORITHMS.map((algorithm) => plain(bareEvalsha(algorithm)))

/** One limit, and one after the other: the store beside the calls that it makes, which decisions of one moment share. */
export const oneAtATime: readonly Entrant[] = [...floors, ...bare, ...ours, ...peers]

export const withOneLimit: readonly Entrant[] = [...floors, ...ours, ...peers]

/** Three limits, and beside them the peers with only one. */
export const withThreeLimits: readonly Entrant[] = [
  plain(incr),
  pipelined(incr),
  pipelined(threeIncr),
  plain(threeGetAndSetrange),
  ...ALGORITHMS.map((algorithm) => plain(redisStoreForThree(algorithm))),
  plain(rateLimiterFlexibleUnion),
  pipelined(rateLimiterFlexibleUnion),
  ...peers,
]

export const CONTENDERS: readonly Contender<Redis>[] = [
  ...new Set([...oneAtATime, ...withThreeLimits].map(({ contender }) => contender)),
]
