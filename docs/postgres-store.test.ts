import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { storeConformance } from '@rl/conformance'
import type { Limit } from '@rl/core'
import { startPostgres } from '@rl/test-servers'
import type { PostgresServer } from '@rl/test-servers'
import { Pool } from 'pg'
import type { ClientBase } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { postgresStore, schema } from './postgres-store.ts'

const SCRIPT = fileURLToPath(new URL('postgres-store.fixture.ts', import.meta.url))
const hundred: Limit = { algorithm: 'fixed-window', quota: 100, windowMs: 60_000 }

let server: PostgresServer
let pool: Pool

beforeAll(async () => {
  server = await startPostgres()
  pool = new Pool({ connectionString: server.url })
  await pool.query(schema)
})

beforeEach(() => pool.query('TRUNCATE rate_limits'))

afterAll(async () => {
  await pool?.end()
  await server?.stop()
})

async function rows(): Promise<number> {
  return (await pool.query<{ count: number }>('SELECT count(*)::int FROM rate_limits')).rows[0]!.count
}

/** How many calls processes got admitted, each of which asks so many times for all of its keys. */
async function admittedBy(processes: readonly (readonly string[])[], quota: number, calls: number): Promise<number> {
  const limit: Limit = { algorithm: 'fixed-window', quota, windowMs: 3_600_000 }
  const outputs = await Promise.all(
    processes.map(async (keys) => {
      const args = [SCRIPT, server.url, JSON.stringify(keys), JSON.stringify(limit), String(calls)]
      return (await promisify(execFile)(process.execPath, args)).stdout
    }),
  )
  return outputs.map(Number).reduce((sum, admitted) => sum + admitted)
}

storeConformance('the PostgreSQL store', ({ clock }) => postgresStore({ pool, clock }), { runs: 100 })

describe('several processes', () => {
  it('that use a key for the first time at the same moment admit exactly the quota', async () => {
    expect(await admittedBy([['shared'], ['shared'], ['shared'], ['shared']], 500, 250)).toBe(500)
  })

  it('that name the same keys in another order do not wait for each other for ever', async () => {
    const keys = ['a', 'b', 'c']
    const turned = keys.toReversed()
    expect(await admittedBy([keys, turned, keys, turned], 200, 100)).toBe(200)
  })
})

describe('the rows', () => {
  it('are one for each key in use: those that have expired go while others are written', async () => {
    let now = 1_700_000_000_000
    const store = postgresStore({ pool, clock: () => now })
    for (let i = 0; i < 50; i++) await store.consume([{ key: `old ${i}`, limit: hundred, cost: 1 }])
    expect(await rows()).toBe(50)
    now += hundred.windowMs
    for (let i = 0; i < 5; i++) await store.consume([{ key: 'new', limit: hundred, cost: 1 }])
    expect(await rows()).toBe(1)
  })

  it('are none where everything was given back, or reset', async () => {
    const store = postgresStore({ pool })
    const charges = [{ key: 'a', limit: hundred, cost: 1 }]
    await store.consume(charges)
    await store.refund(charges)
    expect(await rows()).toBe(0)
    await store.consume(charges)
    await store.reset('a')
    expect(await rows()).toBe(0)
  })
})

it('goes by the clock of the server unless it is given one', async () => {
  const { rows: times } = await pool.query<{ now: number }>('SELECT (1000 * extract(epoch FROM now()))::float8 AS now')
  const { now } = times[0]!
  const [verdict] = await postgresStore({ pool }).consume([{ key: 'a', limit: hundred, cost: 1 }])
  expect(verdict!.at).toBeGreaterThanOrEqual(Math.floor(now))
})

it('says that PostgreSQL has failed, and goes on where it was only its connection', async () => {
  const own = new Pool({ connectionString: server.url })
  own.on('error', () => {})
  const store = postgresStore({ pool: own })
  const charges = [{ key: 'a', limit: hundred, cost: 1 }]
  const failed = { code: 'RL_STORE_FAILED', store: 'PostgreSQL' }
  await pool.query(
    'CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN new; END $$',
  )
  await pool.query('CREATE TRIGGER fail BEFORE INSERT ON rate_limits EXECUTE FUNCTION fail()')
  await expect(store.consume(charges)).rejects.toMatchObject(failed)
  await pool.query('DROP TRIGGER fail ON rate_limits')
  expect(await store.consume(charges)).toMatchObject([{ allowed: true, remaining: 99 }])
  await own.end()
  await expect(store.consume(charges)).rejects.toMatchObject(failed)
})

it('outlives a connection that breaks between two queries', async () => {
  const own = new Pool({ connectionString: server.url })
  let taken: ClientBase | undefined
  own.on('acquire', (client) => {
    taken = client
  })
  const breaking = (): number => {
    taken!.emit('error', new Error('read ECONNRESET'))
    return 0
  }
  await postgresStore({ pool: own, clock: breaking }).consume([{ key: 'a', limit: hundred, cost: 1 }])
  expect(taken!.listenerCount('error')).toBe(1)
  await own.end()
})

it('is the one that docs/writing-a-store.md shows', () => {
  const page = readFileSync(new URL('writing-a-store.md', import.meta.url), 'utf8')
  const source = readFileSync(new URL('postgres-store.ts', import.meta.url), 'utf8')
  expect(page).toContain(`\`\`\`ts\n${source}\`\`\``)
  expect(source.trimEnd().split('\n').length).toBeLessThan(60)
})
