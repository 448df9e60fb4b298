import { Redis } from 'ioredis'
import type { AlgorithmName } from '@rl/core'
import { startRedis } from '@rl/test-servers'

import { checkContender, expectAdmitted } from '../contender.ts'
import type { Quota } from '../contender.ts'
import { keysOf } from '../keys.ts'
import { batchesOf, load } from '../load.ts'
import type { Load } from '../load.ts'
import { notIfQuick } from '../part.ts'
import type { Aim, Measures, Part, Table, Turns } from '../part.ts'
import type { Scale } from '../scale.ts'
import { TURNS } from '../turns.ts'
import { oneAtATime, peers, withOneLimit, withThreeLimits } from './contenders.ts'
import type { Entrant } from './contenders.ts'
import { bareEvalsha, incr } from './floors.ts'

const KEYS = 10_000
const PLENTY: Quota = { quota: 10_000_000, windowMs: 3_600_000 }
const IN_FLIGHT = [1, 64, 256] as const
type InFlight = (typeof IN_FLIGHT)[number]

type AimsOf = (algorithm: AlgorithmName) => readonly Aim[]

function oneLimitAims(inFlight: InFlight): AimsOf {
  if (inFlight === 1) {
    return (algorithm) => [{ measure: 'p50Us', per: bareEvalsha(algorithm).name, sign: '≤', bound: 1.1 }]
  }
  const throughput: Aim = { measure: 'perSecond', per: incr.name, sign: '≥', bound: 1.5 }
  return () => (inFlight === 64 ? [throughput, { measure: 'serverUs', sign: '≤', bound: 3.5 }] : [throughput])
}

function threeLimitsAims(inFlight: InFlight): AimsOf {
  if (inFlight === 1) return () => []
  return () => [{ measure: 'perSecond', per: peers.map(({ row }) => row), sign: '≥', bound: 1 }]
}

function table(limits: string, inFlight: InFlight, entrants: readonly Entrant[], aimsOf: AimsOf): Table {
  const whole: Table = {
    title: `${limits}, ${inFlight} in flight`,
    columns: {
      perSecond: 'decisions/s',
      ...(inFlight === 1 && { p50Us: 'p50 µs' }),
      clientUs: 'client CPU µs',
      serverUs: 'server CPU µs',
      commandUs: 'in commands µs',
    },
    base: { row: incr.name, measure: 'perSecond' },
    turns: TURNS,
    cells: entrants.map((entrant) => ({
      row: entrant.row,
      aims: entrant.contender.ours ? aimsOf(entrant.contender.ours) : [],
      open: (scale) => open(entrant, inFlight, scale),
    })),
  }
  return inFlight === 256 ? notIfQuick(whole) : whole
}

async function open({ contender, isPipelining }: Entrant, inFlight: InFlight, { durationMs }: Scale): Promise<Turns> {
  const server = await startRedis()
  const client = new Redis({ host: server.host, port: server.port, enableAutoPipelining: isPipelining })
  const ask = await contender.make(PLENTY, client)
  // One by one, each has its time taken; in greater numbers, that would weigh more than it tells.
  const batches = batchesOf(keysOf(KEYS), inFlight === 1 ? 1 : 8)
  // Asked for one thing at a time, it would take long until the compiler has seen enough of it.
  await load(ask, batchesOf(keysOf(KEYS), 8), { inFlight: 64, durationMs: durationMs / 2 })
  await load(ask, batches, { inFlight, durationMs: durationMs / 10 })
  await client.config('RESETSTAT')
  const loads: Load[] = []
  let spentMs = 0

  async function take(): Promise<void> {
    const before = await serverMs(client)
    loads.push(await load(ask, batches, { inFlight, durationMs: durationMs / TURNS }))
    spentMs += (await serverMs(client)) - before
  }

  async function end(): Promise<Measures> {
    const commandUs = await commandTime(client)
    const [asked, admitted] = [sumBy(loads, 'asked'), sumBy(loads, 'admitted')]
    const waitsMs = loads.flatMap((one) => one.waitsMs).toSorted((a, b) => a - b)
    expectAdmitted(contender.name, admitted, asked)
    await checkContender(contender, client)
    client.disconnect()
    await server.stop()
    return {
      perSecond: (asked * 1000) / sumBy(loads, 'wallMs'),
      clientUs: (sumBy(loads, 'cpuMs') * 1000) / asked,
      serverUs: (spentMs * 1000) / asked,
      commandUs: commandUs / asked,
      ...(inFlight === 1 && { p50Us: 1000 * waitsMs[Math.floor(waitsMs.length / 2)]! }),
    }
  }

  return { take, end }
}

const sumBy = (loads: readonly Load[], name: 'asked' | 'admitted' | 'wallMs' | 'cpuMs'): number =>
  loads.reduce((sum, one) => sum + one[name], 0)

/** The processor time that the server has taken since it started. */
async function serverMs(client: Redis): Promise<number> {
  const info = await client.info('cpu')
  return 1000 * sumOf(info, /^used_cpu_(?:user|sys):([\d.]+)/gm)
}

/** The time in microseconds that the server has spent on commands but on telling of it. Those which a script makes count within it. */
async function commandTime(client: Redis): Promise<number> {
  const info = await client.info('commandstats')
  const isByScript = /^cmdstat_eval(?:sha)?:/m.test(info)
  const calls = isByScript
    ? /^cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/gm
    : /^cmdstat_(?!info)[^:]*:calls=\d+,usec=(\d+)/gm
  return sumOf(info, calls)
}

function sumOf(text: string, numbers: RegExp): number {
  return [...text.matchAll(numbers)].reduce((sum, [, number]) => sum + Number(number), 0)
}

/** Decisions in Redis, each cell with a server of its own. */
export const redis: Part = {
  packages: [
    'redis-server',
    'ioredis',
    '@upstash/ratelimit',
    'hono-rate-limiter',
    'rate-limit-redis',
    'rate-limiter-flexible',
  ],
  tables: [
    ...IN_FLIGHT.map((inFlight) =>
      table('One limit', inFlight, inFlight === 1 ? oneAtATime : withOneLimit, oneLimitAims(inFlight)),
    ),
    ...IN_FLIGHT.map((inFlight) => table('Three limits', inFlight, withThreeLimits, threeLimitsAims(inFlight))),
  ],
}
