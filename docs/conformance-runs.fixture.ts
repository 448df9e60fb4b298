// node docs/conformance-runs.fixture.ts memory|sqlite|redis [runs]: how often a store that is right passes all cases.
// Each run has random histories of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Clock, Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { RedisStore } from '@rl/store-redis'
import { SqliteStore } from '@rl/store-sqlite'
import { startRedis } from '@rl/test-servers'
import { Redis } from 'ioredis'

import { runStoreCase } from '../packages/conformance/src/run-store-case.ts'
import { storeCases } from '../packages/conformance/src/store-cases.ts'
import type { StoreCaseName } from '../packages/conformance/src/store-cases.ts'

interface Backend {
  readonly make: (clock: Clock) => Store
  readonly stop: () => Promise<void>
}

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  async memory() {
    return { make: (clock) => new MemoryStore({ clock }), async stop() {} }
  },
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), 'rl-conformance-'))
    let files = 0
    return {
      make: (clock) => new SqliteStore({ path: join(folder, `${files++}.db`), clock }),
      stop: () => rm(folder, { recursive: true }),
    }
  },
  async redis() {
    const server = await startRedis()
    const client = new Redis(server.url)
    let stores = 0
    return {
      make: (clock) => new RedisStore({ client, clock, prefix: `rl-${stores++}` }),
      async stop() {
        client.disconnect()
        await server.stop()
      },
    }
  },
}

const [name = 'memory', runs = '200'] = process.argv.slice(2)
const { make, stop } = await backends[name]!()
const names = Object.keys(storeCases) as StoreCaseName[]
let passed = 0
for (let seed = 1; seed <= Number(runs); seed += 1) {
  let failed = 0
  for (const name of names) {
    try {
      await runStoreCase(name, ({ clock }) => make(clock), { seed })
    } catch (error) {
      failed += 1
      console.error(`seed ${seed}: ${name}`, error)
    }
  }
  if (failed === 0) passed += 1
}
await stop()
console.log(`${name}: ${passed} of ${runs} runs of ${names.length} cases passed`)
