import { createStore } from '@rl/core'
import type { Clock, Counter, Snapshot, State, Store } from '@rl/core'
import type { ClientBase, Pool } from 'pg'

/** Keys are bytes: a `text` can hold no NUL. */
export const schema = `
  CREATE TABLE rate_limits (key bytea, algorithm text, state json, expires_at bigint, PRIMARY KEY (key, algorithm));
  CREATE INDEX ON rate_limits (expires_at)`

/** Keys, not rows: a key that is used for the first time has none. Always in one order, so that nobody deadlocks. */
const LOCK = `SELECT pg_advisory_xact_lock(lock) FROM (SELECT DISTINCT hashtextextended(encode(key, 'hex'), 0) AS lock
  FROM unnest($1::bytea[]) AS key ORDER BY lock) AS locks`
const READ = `SELECT state, floor(1000 * extract(epoch FROM clock_timestamp()))::float8 AS now
  FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS asked (key, algorithm, position)
  LEFT JOIN rate_limits USING (key, algorithm) ORDER BY position`
const WRITE = `INSERT INTO rate_limits SELECT * FROM unnest($1::bytea[], $2::text[], $3::json[], $4::bigint[])
  ON CONFLICT (key, algorithm) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at`
/** Skips rows that somebody is writing: two that sweep would wait for each other. */
const SWEEP = `DELETE FROM rate_limits WHERE (key, algorithm) IN (SELECT key, algorithm FROM rate_limits
  WHERE expires_at <= $1 ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED)`
const ignore = (): void => {}

export function postgresStore({ pool, clock }: { readonly pool: Pool; readonly clock?: Clock }): Store {
  return createStore({
    name: 'PostgreSQL',
    clock,
    read: (counters) => read(pool, counters),

    async update(counters, decide) {
      const client = await pool.connect()
      client.on('error', ignore) // the query rejects with it, too; without a listener it would end the process
      try {
        // Each statement sees what was committed before it; so the lock, which may have to wait, is a statement of its own.
        await client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
        await client.query(LOCK, columnsOf(counters).slice(0, 1))
        const { now, writes } = decide(await read(client, counters))
        if (writes.length > 0) {
          const states = writes.map(({ state = null }) => JSON.stringify(state))
          await client.query(WRITE, [...columnsOf(writes), states, writes.map(({ expiresAt }) => expiresAt)])
          await client.query(SWEEP, [now])
        }
        await client.query('COMMIT')
        client.off('error', ignore).release()
      } catch (error) {
        client.off('error', ignore).release(true) // closes the connection, which undoes all
        throw error
      }
    },
  })
}

async function read(db: ClientBase | Pool, counters: readonly Counter[]): Promise<Snapshot> {
  const { rows } = await db.query<{ state: State | null; now: number }>(READ, columnsOf(counters))
  return { states: rows.map(({ state }) => state), now: rows[0]?.now }
}

function columnsOf(counters: readonly Counter[]): [keys: Buffer[], algorithms: string[]] {
  return [counters.map(({ key }) => Buffer.from(key)), counters.map(({ algorithm }) => algorithm)]
}
