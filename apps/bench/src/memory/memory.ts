import { checkContender, expectAdmitted } from '../contender.ts'
import type { Contender, Quota } from '../contender.ts'
import { addressesOf, drawUniform, drawZipf, keysOf } from '../keys.ts'
import { batchesOf, cpuClock, load } from '../load.ts'
import type { LoadOptions } from '../load.ts'
import type { Aim, Cell, Measures, Part, Table } from '../part.ts'
import type { Scale } from '../scale.ts'
import { withOneLimit, withThreeLimits, wholeDecisions } from './contenders.ts'
import { mapCounter, threeMapCounters } from './floors.ts'
import { rateLimiterFlexible } from './peers.ts'

const BATCH = 4096
const COLUMNS = { cpuNs: 'CPU ns', wallNs: 'wall ns' }
const PLENTY: Quota = { quota: 1_000_000_000, windowMs: 60_000 }

/** Who asks, and what each is held to. */
interface Task {
  readonly quota: Quota
  /** Keys that are there before it begins. */
  readonly keys: (scale: Scale) => readonly string[]
  readonly draws: (keys: readonly string[], scale: Scale) => readonly string[]
}

const oneKey: Pick<Task, 'keys' | 'draws'> = {
  keys: () => keysOf(1),
  draws: ([key]) => Array.from({ length: BATCH }, () => key!),
}
// A second, so that an exact log of it does not outgrow a thousand entries.
const hot: Task = { ...oneKey, quota: { ...PLENTY, windowMs: 1000 } }
const denied: Task = { ...oneKey, quota: { quota: 10, windowMs: 3_600_000 } }
const uniform: Task = {
  quota: PLENTY,
  keys: ({ divisor }) => keysOf(100_000 / divisor),
  draws: (keys) => drawUniform(keys, 64 * BATCH),
}
const zipf: Task = {
  quota: PLENTY,
  keys: ({ divisor }) => keysOf(1_000_000 / divisor),
  draws: (keys, { divisor }) => drawZipf(keys, Math.ceil(256 / divisor) * BATCH),
}
const addresses: Task = { ...uniform, keys: ({ divisor }) => addressesOf(100_000 / divisor) }
const hotAddress: Task = { ...hot, keys: () => addressesOf(1) }

function table(title: string, task: Task, contenders: readonly Contender[], base: Contender, aim?: number): Table {
  const aims: readonly Aim[] = aim === undefined ? [] : [{ measure: 'cpuNs', per: base.name, sign: '≤', bound: aim }]
  return {
    title,
    columns: COLUMNS,
    base: { row: base.name, measure: 'cpuNs' },
    cells: contenders.map((contender): Cell => ({
      row: contender.name,
      aims: contender.ours ? aims : [],
      run: (scale) => measure(contender, task, scale),
    })),
  }
}

async function measure(contender: Contender, task: Task, scale: Scale): Promise<Measures> {
  const ask = await contender.make(task.quota)
  const keys = task.keys(scale)
  const batches = batchesOf(task.draws(keys, scale), BATCH)
  const before = await ask(keys)
  const options: LoadOptions = { durationMs: scale.durationMs, inFlight: 1, clock: cpuClock }
  const warmUp = await load(ask, batches, options)
  const { asked, admitted, cpuMs, wallMs } = await load(ask, batches, options)

  const allAsked = keys.length + warmUp.asked + asked
  const expected = contender.decides === false ? allAsked : Math.min(allAsked, keys.length * task.quota.quota)
  expectAdmitted(contender.name, before + warmUp.admitted + admitted, expected)
  await checkContender(contender, undefined)
  return { cpuNs: (cpuMs * 1e6) / asked, wallNs: (wallMs * 1e6) / asked }
}

/** Decisions in the memory of one process. */
export const memory: Part = {
  packages: ['express-rate-limit', 'hono-rate-limiter', 'limiter', 'rate-limiter-flexible'],
  tables: [
    table('One hot key, admitted', hot, withOneLimit, mapCounter, 1.4),
    table('100,000 keys, uniform', uniform, withOneLimit, mapCounter, 1.5),
    table('1,000,000 keys, Zipf', zipf, withOneLimit, mapCounter, 1.25),
    table('One hot key, denied', denied, withOneLimit, mapCounter, 1.2),
    table('Three limits, one hot client', hot, withThreeLimits, threeMapCounters),
    table('Three limits, 100,000 clients, uniform', uniform, withThreeLimits, threeMapCounters),
    table('The whole decision, one hot client', hotAddress, wholeDecisions, rateLimiterFlexible, 1),
    table('The whole decision, 100,000 clients, uniform', addresses, wholeDecisions, rateLimiterFlexible, 1),
  ],
}
