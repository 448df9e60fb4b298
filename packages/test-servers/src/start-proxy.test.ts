import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { isReachable } from './is-reachable.fixture.ts'
import { startProxy, type FaultyProxy } from './start-proxy.ts'
import { startRedis, type RedisServer } from './start-redis.ts'
import { waitUntil } from './wait-until.ts'

interface Client {
  /** Sends a command the way one types it. */
  send: (command: string) => void
  received: () => string
  gets: (text: string) => Promise<void>
  closed: Promise<unknown>
}

let redis: RedisServer
let proxy: FaultyProxy

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await redis.stop()
})
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  proxy = await startProxy(redis.port)
})
afterEach(() => {
  proxy.stop()
})

function newClient(): Client {
  const socket = connect(proxy.port, proxy.host)
  let received = ''
  socket.on('data', (data: Buffer) => {
    received += data.toString()
  })
  socket.on('error', () => {})
  return {
    send: (command) => socket.write(`${command}\r\n`),
    received: () => received,
    gets: (text) => waitUntil(`${text} arrives`, async () => received === text),
    closed: new Promise((resolve) => socket.once('close', resolve)),
  }
}

async function reaches(key: string): Promise<void> {
  await waitUntil(`${key} is set`, async () => (await redis.cli('EXISTS', key)) === '1')
}

it('lets everything through', async () => {
  const client = newClient()
  client.send('ECHO hello')
  await client.gets('$5\r\nhello\r\n')
})

it('cuts each connection in mid-reply, after the request has reached the server', async () => {
  const old = newClient()
  old.send('PING')
  await old.gets('+PONG\r\n')
  proxy.cutReplies(9)
  const young = newClient()

  for (const client of [old, young]) {
    client.send('PING')
    client.send('INCR count')
    await client.closed
  }
  expect(old.received()).toBe('+PONG\r\n+PONG\r\n:1')
  expect(young.received()).toBe('+PONG\r\n:2')
  expect(await redis.cli('GET', 'count')).toBe('2')

  await proxy.heal()
  const healed = newClient()
  healed.send('ECHO aaaaaaaaaaaaaaaa')
  await healed.gets('$16\r\naaaaaaaaaaaaaaaa\r\n')
})

it('cuts before the first byte', async () => {
  proxy.cutReplies(0)
  const client = newClient()
  client.send('SET key value')
  await client.closed
  expect(client.received()).toBe('')
  await reaches('key')
})

it('holds replies back until healed, while requests get through', async () => {
  const old = newClient()
  old.send('PING')
  await old.gets('+PONG\r\n')
  proxy.hang()
  const young = newClient()

  old.send('SET old 1')
  young.send('SET young 1')
  await reaches('old')
  await reaches('young')
  expect(old.received() + young.received()).toBe('+PONG\r\n')

  await proxy.heal()
  await old.gets('+PONG\r\n+OK\r\n')
  await young.gets('+OK\r\n')
})

it('drops and refuses connections until healed', async () => {
  const client = newClient()
  client.send('PING')
  await client.gets('+PONG\r\n')
  proxy.refuse()
  await client.closed
  expect(await isReachable(proxy.port)).toBe(false)

  await proxy.heal()
  const healed = newClient()
  healed.send('PING')
  await healed.gets('+PONG\r\n')
})

it('closes the connection when the server does', async () => {
  const client = newClient()
  client.send('QUIT')
  await client.closed
  expect(client.received()).toBe('+OK\r\n')
})

it('is gone when stopped', async () => {
  const client = newClient()
  client.send('PING')
  await client.gets('+PONG\r\n')
  proxy.stop()
  await client.closed
  expect(await isReachable(proxy.port)).toBe(false)
})
