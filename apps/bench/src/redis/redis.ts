import { Redis } from 'ioredis'
import { startRedis } from '@rl/test-servers'

import { checkContender, expectAdmitted } from '../contender.ts'
import type { Quota } from '../contender.ts'
import { keysOf } from '../keys.ts'
import { batchesOf, load } from '../load.ts'
import type { Aim, Measures, Part, Table } from '../part.ts'
import type { Scale } from '../scale.ts'
import { peers, withOneLimit, withThreeLimits } from './contenders.ts'
import type { Entrant } from './contenders.ts'
import { bareEvalsha, incr } from './floors.ts'

const KEYS = 10_000
const PLENTY: Quota = { quota: 1_000_000_000, windowMs: 3_600_000 }
const IN_FLIGHT = [1, 64, 256] as const
type InFlight = (typeof IN_FLIGHT)[number]

function oneLimitAims(inFlight: InFlight): readonly Aim[] {
  if (inFlight === 1) return [{ measure: 'p50Us', per: bareEvalsha.name, atMost: 1.1 }]
  const throughput: Aim = { measure: 'perSecond', per: incr.name, atLeast: 1.5 }
  return inFlight === 64 ? [throughput, { measure: 'serverUs', atMost: 3.5 }] : [throughput]
}

const threeLimitsAims: readonly Aim[] = [{ measure: 'perSecond', per: peers.map(({ row }) => row), atLeast: 1 }]

function table(limits: string, inFlight: InFlight, entrants: readonly Entrant[], aims: readonly Aim[]): Table {
  return {
    title: `${limits}, ${inFlight} in flight`,
    columns: {
      perSecond: 'decisions/s',
      ...(inFlight === 1 && { p50Us: 'p50 µs' }),
      clientUs: 'client CPU µs',
      serverUs: 'server CPU µs',
      commandUs: 'in commands µs',
    },
    base: { row: incr.name, measure: 'perSecond' },
    cells: entrants.map((entrant) => ({
      row: entrant.row,
      aims: entrant.contender.ours ? aims : [],
      run: (scale) => measure(entrant, inFlight, scale),
    })),
  }
}

async function measure({ contender, isPipelining }: Entrant, inFlight: InFlight, scale: Scale): Promise<Measures> {
  const server = await startRedis()
  const client = new Redis({ host: server.host, port: server.port, enableAutoPipelining: isPipelining })
  const ask = await contender.make(PLENTY, client)
  // One by one, each has its time taken; in greater numbers, that would weigh more than it tells.
  const batches = batchesOf(keysOf(KEYS), inFlight === 1 ? 1 : 16)
  const { durationMs } = scale
  await load(ask, batches, { inFlight, durationMs: durationMs / 2 })
  await client.config('RESETSTAT')
  const before = await serverMs(client)
  const { asked, admitted, wallMs, cpuMs, waitsMs } = await load(ask, batches, { inFlight, durationMs })
  const spentMs = (await serverMs(client)) - before
  const commandUs = await commandTime(client)

  expectAdmitted(contender.name, admitted, asked)
  await checkContender(contender, client)
  client.disconnect()
  await server.stop()
  return {
    perSecond: (asked * 1000) / wallMs,
    clientUs: (cpuMs * 1000) / asked,
    serverUs: (spentMs * 1000) / asked,
    commandUs: commandUs / asked,
    ...(inFlight === 1 && { p50Us: 1000 * waitsMs.toSorted((a, b) => a - b)[Math.floor(waitsMs.length / 2)]! }),
  }
}

/** The processor time that the server has taken since it started. */
async function serverMs(client: Redis): Promise<number> {
  const info = await client.info('cpu')
  return 1000 * sumOf(info, /^used_cpu_(?:user|sys):([\d.]+)/gm)
}

/** The time in microseconds that the server has spent on commands. Those which a script makes count within it. */
async function commandTime(client: Redis): Promise<number> {
  const info = await client.info('commandstats')
  const calls = /^cmdstat_eval(?:sha)?:/m.test(info) ? /^cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/gm : /usec=(\d+)/g
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
    ...IN_FLIGHT.map((inFlight) => table('One limit', inFlight, withOneLimit, oneLimitAims(inFlight))),
    ...IN_FLIGHT.map((inFlight) =>
      table('Three limits', inFlight, withThreeLimits, inFlight === 1 ? [] : threeLimitsAims),
    ),
  ],
}
