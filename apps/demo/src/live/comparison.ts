import { algorithms, applyAlgorithm } from '@rl/core'
import type { AlgorithmName, Limit, State } from '@rl/core'

import type { ComparedAlgorithm, ComparedRequest, Comparison } from '../page/messages.ts'
import { ARRIVALS } from './arrivals.ts'

const QUOTA = 10
const WINDOW_MS = 10_000
const DURATION_MS = 30_000
/** How finely what is left is looked at: a tenth of what one token takes to come back. */
const STEP_MS = 100

const EXPLANATIONS = {
  'fixed-window':
    'Counts up to the quota in a window that opens with a request, then starts anew. Cheap; around the end of a window, up to twice the quota gets through.',
  'sliding-window':
    'Remembers when each request came: there is never more than the quota in any window. Exact; each place comes back when its request is a window old.',
  'sliding-window-counter':
    'Two counters, of this window and the one before, weighted by how far the window has slid. An estimate that keeps four numbers, however high the quota.',
  'token-bucket':
    'Each request takes a token; tokens come back one by one, at the rate of the quota. Lets a burst through, then keeps to an even pace.',
} as const satisfies Record<AlgorithmName, string>

/** What every algorithm does with the same requests, as the pure functions decide it. */
export function compareOn(arrivals: keyof typeof ARRIVALS): Comparison {
  const { explanation, groups } = ARRIVALS[arrivals]
  const times = groups.flatMap(([atMs, requests]) => Array.from({ length: requests }, () => atMs))
  return {
    arrivals,
    explanation,
    quota: QUOTA,
    windowMs: WINDOW_MS,
    durationMs: DURATION_MS,
    algorithms: (Object.keys(algorithms) as AlgorithmName[]).map((name) => simulated(name, times)),
  }
}

function simulated(algorithm: AlgorithmName, times: readonly number[]): ComparedAlgorithm {
  const limit: Limit = { algorithm, quota: QUOTA, windowMs: WINDOW_MS }
  const requests: ComparedRequest[] = []
  const level: [atMs: number, remaining: number][] = []
  let state: State | undefined
  let next = 0
  for (let now = 0; now <= DURATION_MS; now += STEP_MS) {
    look(now)
    for (; times[next] === now; next++) {
      const { verdict, state: after } = applyAlgorithm(limit, state, 1, now)
      state = after
      requests.push({
        atMs: now,
        allowed: verdict.allowed,
        remaining: verdict.remaining,
        retryAfterMs: verdict.retryAfterMs,
      })
    }
    look(now)
  }

  /** Reads, at a cost of 0, what is left. */
  function look(now: number): void {
    const { remaining } = applyAlgorithm(limit, state, 0, now).verdict
    if (remaining !== level.at(-1)?.[1]) level.push([now, remaining])
  }

  return {
    name: algorithm,
    explanation: EXPLANATIONS[algorithm],
    requests,
    level,
    mostInWindow: mostInWindow(requests),
  }
}

function mostInWindow(requests: readonly ComparedRequest[]): number {
  const admitted = requests.filter(({ allowed }) => allowed).map(({ atMs }) => atMs)
  return Math.max(
    0,
    ...admitted.map((opensAt) => admitted.filter((at) => at >= opensAt && at < opensAt + WINDOW_MS).length),
  )
}
