import { ALGORITHMS } from '../contender.ts'
import type { Contender } from '../contender.ts'
import {
  awaitAlone,
  awaitAndClock,
  checkedWindowsInList,
  logsInList,
  mapCounter,
  threeMapCounters,
  threeWindowsAndFields,
  threeWindowsInList,
  windowsInList,
} from './floors.ts'
import { memoryStore, memoryStoreForThree } from './ours.ts'
import { expressRateLimit, honoRateLimiter, limiter, rateLimiterFlexible, rateLimiterFlexibleUnion } from './peers.ts'
import { oneLimit, threeLimits, wholeDecision } from './whole-decision.ts'

/** One limit, store against store. */
export const withOneLimit: readonly Contender[] = [
  mapCounter,
  awaitAlone,
  awaitAndClock,
  windowsInList,
  checkedWindowsInList,
  logsInList,
  ...ALGORITHMS.map((algorithm) => memoryStore(algorithm)),
  rateLimiterFlexible,
  expressRateLimit,
  honoRateLimiter,
  limiter,
]

/** Three limits, store against store. */
export const withThreeLimits: readonly Contender[] = [
  threeMapCounters,
  mapCounter,
  awaitAlone,
  threeWindowsInList,
  ...ALGORITHMS.map(memoryStoreForThree),
  rateLimiterFlexibleUnion,
]

/** All that a request's decision takes, against what a peer's store alone takes. */
export const wholeDecisions: readonly Contender[] = [
  rateLimiterFlexible,
  rateLimiterFlexibleUnion,
  mapCounter,
  awaitAlone,
  threeWindowsAndFields,
  ...ALGORITHMS.map((algorithm) => wholeDecision(oneLimit, algorithm)),
  ...ALGORITHMS.map((algorithm) => wholeDecision(threeLimits, algorithm)),
  wholeDecision(threeLimits, 'fixed-window', ['legacy', 'draft-11']),
]

export const CONTENDERS: readonly Contender[] = [...new Set([...withOneLimit, ...withThreeLimits, ...wholeDecisions])]
