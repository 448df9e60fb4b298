import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { startRedis } from '@rl/test-servers'
import { afterEach, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon')
const run = promisify(execFile)
const started = new Set<ChildProcess>()
let folder = mkdtempSync(join(tmpdir(), 'demo-'))

afterEach(() => {
  for (const process of started) process.kill('SIGKILL')
  started.clear()
  rmSync(folder, { recursive: true })
  folder = mkdtempSync(join(tmpdir(), 'demo-'))
})

/** Starts the demo in a process of its own, in a folder of its own, where SQLite keeps its file. */
function start(port: string, env: Readonly<Record<string, string>> = {}) {
  const demo = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { ...process.env, PORT: port, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.add(demo)
  return demo
}

/** The demo on a free port, with what it prints once it listens. */
async function listeningDemo(env: Readonly<Record<string, string>> = {}) {
  const demo = start('0', env)
  const printed: string[] = []
  for await (const line of createInterface(demo.stdout)) {
    printed.push(line)
    if (line.startsWith('Ctrl-C')) break
  }
  const origin = /http:\/\/localhost:\d+/.exec(printed.join('\n'))![0]
  return { demo, origin, printed }
}

interface Load {
  readonly '2xx': number
  readonly errors: number
  readonly timeouts: number
  readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>
}

/** As many requests as ten connections of a load generator, in a process of its own, can send in so many seconds. */
async function loadFrom(url: string, apiKey: string, seconds: number): Promise<Load> {
  const options = ['--json', '--connections', '10', '--duration', String(seconds), '--headers', `x-api-key=${apiKey}`]
  const { stdout } = await run(process.execPath, [AUTOCANNON, ...options, url], { maxBuffer: 2 ** 24 })
  return JSON.parse(stdout) as Load
}

describe('under load', () => {
  it(
    'admits exactly the quota of three plans at once, and whoever waits is admitted again',
    { timeout: 120_000 },
    async () => {
      const { origin } = await listeningDemo()
      const plans = [
        ['free-key', 60],
        ['premium-key', 300],
        ['enterprise-key', 1000],
      ] as const
      const loads = await Promise.all(plans.map(([apiKey]) => loadFrom(`${origin}/api/data`, apiKey, 10)))
      for (const [i, [, quota]] of plans.entries()) {
        const { errors, timeouts, statusCodeStats } = loads[i]!
        expect(Object.keys(statusCodeStats)).toEqual(['200', '429'])
        expect([statusCodeStats['200']?.count, errors, timeouts]).toEqual([quota, 0, 0])
        expect(statusCodeStats['429']?.count).toBeGreaterThan(100)
      }

      const ask = async (apiKey: string) => fetch(`${origin}/api/data`, { headers: { 'x-api-key': apiKey } })
      const denied = await Promise.all(plans.map(async ([apiKey]) => ask(apiKey)))
      const waits = denied.map(({ headers }) => Number(headers.get('retry-after')))
      expect(denied.map(({ status }) => status)).toEqual([429, 429, 429])
      expect(waits.every((seconds) => seconds >= 1 && seconds <= 60)).toBe(true)
      const patient = plans.map(async ([apiKey], i) => {
        await setTimeout(waits[i]! * 1000)
        return (await ask(apiKey)).status
      })
      expect(await Promise.all(patient)).toEqual([200, 200, 200])
    },
  )
})

describe.each(['express', 'fastify', 'hono'])('the routes on %s', (framework) => {
  const env = { FRAMEWORK: framework }

  it('each show a limit of their own', async () => {
    const { origin } = await listeningDemo(env)
    const ask = async (path: string, init: RequestInit = {}) => {
      const { status, headers } = await fetch(origin + path, init)
      return [
        status,
        headers.get('x-ratelimit-limit'),
        headers.get('x-ratelimit-remaining'),
        headers.get('retry-after'),
      ]
    }
    const asKey = (key: string) => ({ headers: { 'x-api-key': key } })

    expect(await ask('/api/data', asKey('free-key'))).toEqual([200, '60', '59', null])
    expect(await ask('/api/data', asKey('premium-key'))).toEqual([200, '300', '299', null])
    expect(await ask('/api/data', asKey('enterprise-key'))).toEqual([200, '1000', '999', null])
    expect(await ask('/api/data', asKey('admin-key'))).toEqual([200, null, null, null])
    expect(await ask('/api/data', asKey('no such key'))).toEqual([200, '100', '99', null])

    const uploads = []
    for (let i = 0; i < 4; i++) uploads.push(await ask('/api/upload', { method: 'POST' }))
    expect(uploads.map(([status, limit]) => [status, limit])).toEqual([
      [200, '3'],
      [200, '3'],
      [200, '3'],
      [429, '3'],
    ])
    expect(uploads[3]![3]).toBe('6')

    const logins = []
    for (let i = 0; i < 6; i++) logins.push((await ask('/api/auth/login', { method: 'POST' }))[0])
    expect(logins).toEqual([401, 401, 401, 401, 401, 429])

    expect((await ask('/api/search?q=x', asKey('admin-key'))).slice(0, 3)).toEqual([200, '100', '99'])
  })

  it('answer the same as on any other', async () => {
    const { origin } = await listeningDemo(env)
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(origin + path, init)
      return [answer.status, await answer.json()]
    }
    expect(await ask('/api/data')).toEqual([200, { data: 'something worth limiting', plan: 'anonymous' }])
    expect(await ask('/api/data', { headers: { 'x-api-key': 'free-key' } })).toMatchObject([200, { plan: 'free' }])
    expect(await ask('/api/upload', { method: 'PUT', body: '{' })).toEqual([200, { uploaded: true }])
    expect(await ask('/api/auth/login', { method: 'POST', body: new URLSearchParams({ user: 'u' }) })).toEqual([
      401,
      { error: 'wrong password' },
    ])
    expect(await ask('/api/search?q=x')).toEqual([200, { query: 'x', results: [] }])
    expect(await ask('/api/search')).toEqual([200, { query: '', results: [] }])
    expect((await fetch(`${origin}/nowhere`)).status).toBe(404)
  })

  it('can be tried with the lines that it prints', async () => {
    const { printed } = await listeningDemo(env)
    const commands = printed.filter((line) => /^(curl|for) /.test(line))
    expect(commands).toHaveLength(5)
    const answers = []
    for (const command of commands) answers.push((await run('sh', ['-c', command])).stdout)
    expect(
      answers.map((answer) => [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status).join(' ')),
    ).toEqual(['200', '200', '200 200 200 429', '401 401 401 401 401 429', '200'])
    expect(answers[2]).toMatch(/retry-after: 6/i)
  })
})

describe('the counts', () => {
  const loginTwice = async (origin: string) => {
    const login = async () => fetch(`${origin}/api/auth/login`, { method: 'POST' })
    await login()
    return Number((await login()).headers.get('x-ratelimit-remaining'))
  }

  it('are still there after a restart, unless told otherwise', async () => {
    const first = await listeningDemo()
    expect(await loginTwice(first.origin)).toBe(3)
    first.demo.kill('SIGTERM')
    await once(first.demo, 'exit')
    expect(await loginTwice((await listeningDemo()).origin)).toBe(1)
    expect(await loginTwice((await listeningDemo({ STORE: 'memory' })).origin)).toBe(3)
  })

  it('are shared in Redis', async () => {
    const redis = await startRedis()
    const env = { STORE: 'redis', REDIS_URL: redis.url }
    const [first, second] = [await listeningDemo(env), await listeningDemo(env)]
    expect(await loginTwice(first.origin)).toBe(3)
    expect(await loginTwice(second.origin)).toBe(1)
    await redis.stop()
    expect((await fetch(`${first.origin}/api/data`)).status).toBe(200)
    first.demo.kill('SIGTERM')
    expect(await once(first.demo, 'exit')).toEqual([0, null])
  })
})

describe('the process', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops cleanly on %s, also with the page open and a burst under way',
    async (signal) => {
      const { demo, origin } = await listeningDemo()
      await fetch(origin)
      await fetch(`${origin}/demo/events`)
      const body = JSON.stringify({ as: 'admin', count: 5000 })
      const burst = fetch(`${origin}/demo/burst`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      burst.catch(() => {})
      const metrics = async () => (await fetch(`${origin}/metrics`)).text()
      while (/outcome="allowed".* 0$/m.test(await metrics()));
      demo.kill(signal)
      demo.kill(signal)
      expect(await once(demo, 'exit')).toEqual([0, null])
      await expect(fetch(origin)).rejects.toThrow('fetch failed')
    },
  )

  it('says so when the port is taken', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const demo = start(String(port))
    const [said, [code]] = await Promise.all([text(demo.stderr), once(demo, 'exit')])
    other.close()
    expect([said, code]).toEqual([`Port ${port} is taken. Choose another, such as: PORT=${port + 1} npm start\n`, 1])
  })

  it('says so when there is no such framework', async () => {
    const demo = start('0', { FRAMEWORK: 'koa' })
    const [said, [code]] = await Promise.all([text(demo.stderr), once(demo, 'exit')])
    expect([said, code]).toEqual(['Expected FRAMEWORK to be one of express, fastify, hono, got `koa`\n', 1])
  })

  it('says so when there is no such store', async () => {
    const demo = start('0', { STORE: 'paper' })
    const [said, [code]] = await Promise.all([text(demo.stderr), once(demo, 'exit')])
    expect([said, code]).toEqual(['Expected STORE to be one of memory, sqlite, redis, got `paper`\n', 1])
  })

  it('says so when its own bursts could not reach the host', async () => {
    const demo = start('0', { HOST: '::1' })
    const [said, [code]] = await Promise.all([text(demo.stderr), once(demo, 'exit')])
    expect([said, code]).toEqual(['Expected HOST to be one of 127.0.0.1, 0.0.0.0, ::, got `::1`\n', 1])
  })

  it('says so when the port is none', async () => {
    const demo = start('many')
    const [said, [code]] = await Promise.all([text(demo.stderr), once(demo, 'exit')])
    expect([said, code]).toEqual(['Expected PORT to be a number from 0 to 65535, got `many`\n', 1])
  })
})
