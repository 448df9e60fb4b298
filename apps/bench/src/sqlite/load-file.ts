// Asks a contender that counts in a file, once it is told to and for so many milliseconds, and sends what came of it.
import { once } from 'node:events'

import { endWithParent } from '../child.ts'
import { checkContender, expectAdmitted } from '../contender.ts'
import { keysOf } from '../keys.ts'
import { batchesOf, load } from '../load.ts'
import { CONTENDERS, PLENTY } from './contenders.ts'

/** What one process has got from a file. */
export interface FileLoad {
  readonly asked: number
  readonly wallMs: number
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
const { asked, admitted, wallMs, cpuMs, waitsMs } = await load(ask, batches, { durationMs, inFlight: IN_FLIGHT })

expectAdmitted(name, admitted, asked)
await checkContender(contender, `${path}-${process.pid}`)
const longestMs = waitsMs.reduce((longest, waitMs) => Math.max(longest, waitMs), 0)
process.send!({ asked, wallMs, cpuMs, longestMs } satisfies FileLoad)
