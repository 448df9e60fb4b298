import { existsSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { isReachable } from './is-reachable.fixture.ts'
import { startRedis, type RedisOptions, type RedisServer } from './start-redis.ts'
import { waitUntil } from './wait-until.ts'

const started: RedisServer[] = []

async function start(options?: RedisOptions): Promise<RedisServer> {
  const redis = await startRedis(options)
  started.push(redis)
  return redis
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()))
})

async function setting(redis: RedisServer, name: string): Promise<string> {
  const [, value] = (await redis.cli('CONFIG', 'GET', name)).split('\n')
  return value ?? ''
}

it('starts a server that answers, on the loopback interface, without persistence', async () => {
  const redis = await start()
  expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`)
  expect(await redis.cli('PING')).toBe('PONG')
  expect(await redis.cli('SET', 'key', 'a value')).toBe('OK')
  expect(await redis.cli('GET', 'key')).toBe('a value')
  expect(await redis.cli('INFO', 'server')).toContain(`process_id:${redis.pid}`)
  expect(await setting(redis, 'bind')).toBe('127.0.0.1')
  expect(await setting(redis, 'save')).toBe('')
  expect(await setting(redis, 'appendonly')).toBe('no')
})

it('leaves no process and no folder behind', async () => {
  const redis = await start()
  const folder = await setting(redis, 'dir')
  expect(existsSync(folder)).toBe(true)
  await redis.stop()
  expect(await isReachable(redis.port)).toBe(false)
  expect(() => process.kill(redis.pid, 0)).toThrow('ESRCH')
  expect(existsSync(folder)).toBe(false)
  await redis.stop()
})

it('starts many at once, each on a port of its own', async () => {
  const many = await Promise.all(Array.from({ length: 5 }, () => start()))
  expect(new Set(many.map(({ port }) => port)).size).toBe(5)
})

it('passes arguments on', async () => {
  const redis = await start({ args: ['--maxmemory', '2mb', '--maxmemory-policy', 'noeviction'] })
  expect(await setting(redis, 'maxmemory')).toBe('2097152')
  expect(await setting(redis, 'maxmemory-policy')).toBe('noeviction')
})

it('knows the password that it was given', async () => {
  const redis = await start({ args: ['--requirepass', 'p@ss word'] })
  expect(await redis.cli('PING')).toBe('PONG')
  expect(new URL(redis.url).password).toBe('p%40ss%20word')
})

it('rejects a command that the server answers with an error', async () => {
  const redis = await start()
  await expect(redis.cli('NONSENSE')).rejects.toThrow('ERR unknown command')
})

it('restarts empty on the same port with the same arguments, after a kill and without', async () => {
  const redis = await start({ args: ['--maxmemory', '2mb'] })
  await redis.cli('SET', 'key', 'value')
  const pids = new Set([redis.pid])

  await redis.restart()
  expect(await redis.cli('EXISTS', 'key')).toBe('0')
  expect(await setting(redis, 'maxmemory')).toBe('2097152')
  pids.add(redis.pid)

  await redis.kill('SIGKILL')
  expect(await isReachable(redis.port)).toBe(false)
  await redis.restart()
  expect(await redis.cli('PING')).toBe('PONG')
  expect(pids.add(redis.pid).size).toBe(3)
})

it('stands still from SIGSTOP to SIGCONT, and can be stopped for good in between', async () => {
  const redis = await start()
  await redis.kill('SIGSTOP')
  let answered = false
  const answer = redis.cli('PING').finally(() => {
    answered = true
  })
  // The kernel still accepts connections for it.
  expect(await isReachable(redis.port)).toBe(true)
  expect(answered).toBe(false)
  await redis.kill('SIGCONT')
  expect(await answer).toBe('PONG')

  await redis.kill('SIGSTOP')
  await redis.stop()
  expect(await isReachable(redis.port)).toBe(false)
})

it('starts a replica, which is in step soon and refuses writes', async () => {
  const master = await start()
  const replica = await start({ args: ['--replicaof', master.host, String(master.port)] })
  await waitUntil('the link is up', async () =>
    (await replica.cli('INFO', 'replication')).includes('master_link_status:up'),
  )
  await expect(replica.cli('SET', 'key', 'value')).rejects.toThrow('READONLY')
})

it('says what redis-server says when it does not start', async () => {
  await expect(startRedis({ args: ['--nonsense', '1'] })).rejects.toThrow('\'nonsense "1"\'')
})

it('tells a taken port from other failures', async () => {
  const { port } = await start()
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(port)]
  await expect(startRedis({ args })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

it('says what to do where there is no redis-server', async () => {
  const path = process.env['PATH']
  process.env['PATH'] = '/nowhere'
  try {
    await expect(startRedis()).rejects.toThrow('apt-get install redis-server')
  } finally {
    process.env['PATH'] = path
  }
})
