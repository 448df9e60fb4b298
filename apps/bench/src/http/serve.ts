// Serves an app, with plenty for everyone and with next to nothing, and tells the processor time it has taken when asked.
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
const KEEP_ALIVE_MS = 600_000

endWithParent()
const [framework, host, name] = process.argv.slice(2)
const apps = await FRAMEWORKS[framework as Framework]()
const app = apps.find((one) => one.name === name)!
const ports: Ports = { plenty: await listen(PLENTY), strict: await listen(STRICT) }
process.on('message', () => process.send!(cpuClock()))
process.send!(ports)

async function listen(quota: Quota): Promise<number> {
  const server = await app.listen(quota, host!)
  // Connections outlast the turns of the others: Node would close them after five seconds.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return (server.address() as AddressInfo).port
}
