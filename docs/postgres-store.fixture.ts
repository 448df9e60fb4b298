// A process that asks so many times, as fast as it can, and prints how often it was admitted.
// Usage: postgres-store.fixture.ts URL KEYS_IN_JSON LIMIT_IN_JSON CALLS
import type { Limit } from '@rl/core'
import pg from 'pg'

import { postgresStore } from './postgres-store.ts'

const IN_FLIGHT = 25

const [url = '', keys = '', limit = '', calls = ''] = process.argv.slice(2)
const charges = (JSON.parse(keys) as string[]).map((key) => ({ key, limit: JSON.parse(limit) as Limit, cost: 1 }))

const pool = new pg.Pool({ connectionString: url })
const store = postgresStore({ pool })
let asked = 0
let admitted = 0

async function caller(): Promise<void> {
  while (asked < Number(calls)) {
    asked += 1
    const verdicts = await store.consume(charges)
    if (verdicts.every(({ allowed }) => allowed)) admitted += 1
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
await pool.end()
process.stdout.write(String(admitted))
