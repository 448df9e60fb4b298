import { ALGORITHMS } from '../contender.ts'
import type { Contender, Quota } from '../contender.ts'
import { batchedUpsert, patientUpsert, threeUpserts, upsert } from './floors.ts'
import { sqliteStore, sqliteStoreForThree } from './ours.ts'
import { rateLimiterFlexible, rateLimiterFlexibleUnion } from './peers.ts'

export const PLENTY: Quota = { quota: 10_000_000, windowMs: 3_600_000 }

export const withOneLimit: readonly Contender<string>[] = [
  upsert,
  batchedUpsert,
  patientUpsert,
  ...ALGORITHMS.map(sqliteStore),
  rateLimiterFlexible,
]

/** Three limits, and beside them the peer with only one. */
export const withThreeLimits: readonly Contender<string>[] = [
  upsert,
  threeUpserts,
  ...ALGORITHMS.map(sqliteStoreForThree),
  rateLimiterFlexible,
  rateLimiterFlexibleUnion,
]

export const CONTENDERS: readonly Contender<string>[] = [...new Set([...withOneLimit, ...withThreeLimits])]
