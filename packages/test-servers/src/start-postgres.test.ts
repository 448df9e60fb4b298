import { existsSync } from 'node:fs'
import { Client } from 'pg'
import { afterEach, expect, it } from 'vitest'
import { startPostgres, type PostgresServer } from './start-postgres.ts'

const started: PostgresServer[] = []

async function start(): Promise<PostgresServer> {
  const server = await startPostgres()
  started.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()))
})

async function ask(server: PostgresServer, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query<{ answer: unknown }>(sql)).rows[0]?.answer
  } finally {
    await client.end()
  }
}

it('starts servers that answer, each with a database of its own, and on no port', async () => {
  const [one, other] = await Promise.all([start(), start()])
  await ask(one, 'CREATE TABLE things (name text)')
  expect(await ask(one, "SELECT to_regclass('things')::text AS answer")).toBe('things')
  expect(await ask(other, "SELECT to_regclass('things')::text AS answer")).toBe(null)
  expect(await ask(one, "SELECT current_setting('listen_addresses') AS answer")).toBe('')
})

it('leaves no process and no folder behind', async () => {
  const server = await start()
  const folder = new URL(server.url).hostname
  expect(existsSync(decodeURIComponent(folder))).toBe(true)
  await server.stop()
  expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
  expect(existsSync(decodeURIComponent(folder))).toBe(false)
  await server.stop()
})
