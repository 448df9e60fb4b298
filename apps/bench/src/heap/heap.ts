import { freemem, totalmem } from 'node:os'

import type { Contender } from '../contender.ts'
import { mapCounter } from '../memory/floors.ts'
import { memoryStore } from '../memory/ours.ts'
import { expressRateLimit, honoRateLimiter, limiter, rateLimiterFlexible } from '../memory/peers.ts'
import type { Aim, Cell, Part, Table } from '../part.ts'
import { bytesPerKey } from './bytes-per-key.ts'
import { longestStep, longestTurn, neverSwept, sweptAtOnce } from './expiry.ts'
import { mostKeys } from './most-keys.ts'

const KEYS = 1_000_000
/** Of as many as are asked for. One that takes more has a `Map`, which ends at 16.7 million. */
const MOST_BYTES_PER_KEY = 200
const megabytes = Math.floor((0.8 * totalmem()) / 2 ** 20)

const atMostBytes = (bound: number): readonly Aim[] => [{ measure: 'bytes', sign: '≤', bound }]

const bytes: Table = {
  title: 'Bytes for each of 1,000,000 live keys',
  columns: { bytes: 'bytes' },
  base: { row: mapCounter.name, measure: 'bytes' },
  nodeOptions: ['--expose-gc'],
  cells: (
    [
      [mapCounter],
      [memoryStore('fixed-window'), 60],
      [memoryStore('sliding-window-counter'), 60],
      [memoryStore('token-bucket'), 60],
      [memoryStore('sliding-window'), 80],
      [rateLimiterFlexible],
      [expressRateLimit],
      [honoRateLimiter],
      [limiter],
    ] as const satisfies (readonly [Contender, number?])[]
  ).map(([contender, aim]: readonly [Contender, number?]) => ({
    row: contender.name,
    aims: aim === undefined ? [] : atMostBytes(aim),
    run: ({ divisor }) => bytesPerKey(contender, KEYS / divisor),
  })),
}

const unhurried = memoryStore('fixed-window')
const sweeping: Contender = {
  ...memoryStore('fixed-window', { ttlMs: 1000 }),
  name: `${unhurried.name}, \`ttlMs: 1000\``,
}
const expiry: Table = {
  title: 'While 1,000,000 keys expire',
  columns: { turnMs: 'longest turn ms', heldBytes: 'bytes per key still held' },
  nodeOptions: ['--expose-gc'],
  cells: [
    ...[neverSwept, sweptAtOnce, unhurried, sweeping, rateLimiterFlexible, expressRateLimit].map((contender): Cell => ({
      row: contender.name,
      aims: contender.ours
        ? [{ measure: 'turnMs', per: neverSwept.name, sign: '≤', bound: 1, inEveryRound: true }]
        : [],
      run: ({ divisor }) => longestTurn(contender, KEYS / divisor),
    })),
    {
      row: '**ours**, its steps alone',
      aims: [{ measure: 'turnMs', sign: '≤', bound: 1, inEveryRound: true }],
      run: ({ divisor }) => longestStep(KEYS / divisor),
    },
  ],
}

const breaking: Table = {
  title: 'Keys until it breaks',
  columns: { millions: 'million keys', bytes: 'bytes per key', addNs: 'wall ns to add one' },
  nodeOptions: ['--expose-gc', `--max-old-space-size=${megabytes}`],
  rounds: 1,
  leftOut({ mostKeys: most, divisor }) {
    if (most === undefined || divisor !== 1) return 'ask for it by --keys, without --quick'
    return most * MOST_BYTES_PER_KEY > freemem() ? 'there is not enough memory' : undefined
  },
  cells: [mapCounter, memoryStore('fixed-window', { maxKeys: 2 ** 30 }), rateLimiterFlexible].map((contender) => ({
    row: contender.name,
    aims: contender.ours ? [{ measure: 'millions', sign: '≥', bound: 50 }] : [],
    run: ({ mostKeys: most = 0 }) => mostKeys(contender, most),
  })),
}

/** What keys cost in the memory of one process. */
export const heap: Part = {
  packages: ['express-rate-limit', 'hono-rate-limiter', 'limiter', 'rate-limiter-flexible'],
  tables: [bytes, expiry, breaking],
}
