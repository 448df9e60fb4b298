// Serves one app, with plenty for everyone and with next to nothing, and tells the processor time it has taken when asked.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { endWithParent } from '../child.ts'
import type { Quota } from '../contender.ts'
import { cpuClock } from '../load.ts'
import { FRAMEWORKS } from './frameworks.ts'
import type { Framework } from './frameworks.ts'

/** Where the app listens. */
export interface Ports {
  readonly plenty: number
  readonly strict: number
}

const PLENTY: Quota = { quota: 1_000_000_000, windowMs: 3_600_000 }
const STRICT: Quota = { quota: 3, windowMs: 3_600_000 }

endWithParent()
const [framework, name] = process.argv.slice(2)
const apps = await FRAMEWORKS[framework as Framework]()
const app = apps.find((one) => one.name === name)!
process.on('message', () => process.send!(cpuClock()))
const portOf = (server: Server): number => (server.address() as AddressInfo).port
process.send!({ plenty: portOf(await app.listen(PLENTY)), strict: portOf(await app.listen(STRICT)) } satisfies Ports)
