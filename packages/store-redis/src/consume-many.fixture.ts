// A process that asks a thousand times, as fast as it can, and prints how often it was admitted.
// Usage: consume-many.fixture.ts URL KEY LIMIT_IN_JSON [MILLISECONDS_BY_WHICH_THE_CLOCK_OF_THIS_PROCESS_IS_WRONG]
import type { Limit } from '@rl/core'
import { Redis } from 'ioredis'

import { RedisStore } from './redis-store.ts'

const CALLS = 1000
const IN_FLIGHT = 50

const [url = '', key = '', json = '', skew = '0'] = process.argv.slice(2)
const limit = JSON.parse(json) as Limit
const now = Date.now
Date.now = () => now() + Number(skew)

const client = new Redis(url)
const store = new RedisStore({ client })
let asked = 0
let admitted = 0

async function caller(): Promise<void> {
  while (asked < CALLS) {
    asked += 1
    const [verdict] = await store.consume([{ key, limit, cost: 1 }])
    if (verdict?.allowed) admitted += 1
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
client.disconnect()
process.stdout.write(String(admitted))
