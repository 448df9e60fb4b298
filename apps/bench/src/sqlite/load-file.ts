// Asks a contender that counts in a file, for so many milliseconds: to warm up, once it is told to, then once more. Sends
// what came of the second time.
import { once } from 'node:events'

import { endWithParent } from '../child.ts'
import { checkContender, expectAdmitted } from '../contender.ts'
import { keysOf } from '../keys.ts'
import { batchesOf, load } from '../load.ts'
import { CONTENDERS, PLENTY } from './contenders.ts'

/** What one process has got from a file. */
export interface FileLoad {
  readonly asked: number
  /** When it has begun, and when it has had its last answer, by a clock that all processes share. */
  readonly startedAt: number
  readonly endedAt: number
  readonly cpuMs: number
  readonly longestMs: number
}

const IN_FLIGHT = 64
const KEYS = 5000

endWithParent()
const [name = '', path = '', duration = ''] = process.argv.slice(2)
const durationMs = Number(duration)
const contender = CONTENDERS.find((one) => one.name === name)!
const ask = await contender.make(PLENTY, path)
const batches = batchesOf(keysOf(KEYS), 1)

process.send!('ready')
await once(process, 'message')
await load(ask, batches, { durationMs: durationMs / 2, inFlight: IN_FLIGHT })
process.send!('warm')
await once(process, 'message')
const startedAt = performance.timeOrigin + performance.now()
const { asked, admitted, wallMs, cpuMs, waitsMs } = await load(ask, batches, { durationMs, inFlight: IN_FLIGHT })

expectAdmitted(name, admitted, asked)
await checkContender(contender, `${path}-${process.pid}`)
const longestMs = waitsMs.reduce((longest, waitMs) => Math.max(longest, waitMs), 0)
process.send!({ asked, startedAt, endedAt: startedAt + wallMs, cpuMs, longestMs } satisfies FileLoad)
