import { parseLimit } from '@rl/core'
import type { Degraded } from '@rl/core'
import { startProxy, startRedis, startSentinel } from '@rl/test-servers'
import type { FaultyProxy } from '@rl/test-servers'
import { Redis } from 'ioredis'
import { afterAll, expect, it, vi } from 'vitest'

import { documentedTable, documentTable } from './faults-table.fixture.ts'
import { BEFORE, clientOptions, endure, policies, QUOTA } from './faults.fixture.ts'
import type { Account, Fault } from './faults.fixture.ts'
import { RedisStore } from './redis-store.ts'

async function behindProxy(begin: (proxy: FaultyProxy) => void): Promise<Fault> {
  const redis = await startRedis()
  const proxy = await startProxy(redis.port)
  return {
    connect: () => new Redis({ host: proxy.host, port: proxy.port, ...clientOptions }),
    begin: () => begin(proxy),
    end: async () => proxy.heal(),
    async stop() {
      proxy.stop()
      await redis.stop()
    },
  }
}

const faults: Readonly<Record<string, () => Promise<Fault>>> = {
  async 'Redis is stopped (SIGSTOP), and goes on'() {
    const redis = await startRedis()
    return {
      connect: () => new Redis(redis.url, clientOptions),
      begin: async () => redis.kill('SIGSTOP'),
      end: async () => redis.kill('SIGCONT'),
      stop: async () => redis.stop(),
    }
  },
  async 'Redis is killed (SIGKILL), and restarted'() {
    const redis = await startRedis()
    return {
      connect: () => new Redis(redis.url, clientOptions),
      begin: async () => redis.kill('SIGKILL'),
      end: async () => redis.restart(),
      stop: async () => redis.stop(),
    }
  },
  'The connection is cut in mid-reply': async () => behindProxy((proxy) => proxy.cutReplies(10)),
  'Replies hang, and arrive late': async () => behindProxy((proxy) => proxy.hang()),
  'Connections are refused': async () => behindProxy((proxy) => proxy.refuse()),
  async 'The master is killed, and Sentinel promotes its replica'() {
    const { name, sentinels, master, replica, masterPort, stop } = await startSentinel()
    const waitBeforeFailover = async (ms: number) =>
      sentinels[0]!.cli('SENTINEL', 'SET', name, 'down-after-milliseconds', String(ms))
    return {
      connect: () =>
        new Redis({ sentinels: sentinels.map(({ host, port }) => ({ host, port })), name, ...clientOptions }),
      async begin() {
        await waitBeforeFailover(60_000)
        await master.cli('SET', 'last', 'written')
        await vi.waitUntil(async () => (await replica.cli('GET', 'last')) === 'written', 5000)
        await master.kill('SIGKILL')
      },
      async end() {
        await waitBeforeFailover(500)
        await vi.waitUntil(async () => (await masterPort()) === replica.port, { timeout: 10_000, interval: 20 })
      },
      stop,
    }
  },
  async 'Memory is full (`noeviction`)'() {
    const redis = await startRedis({ args: ['--maxmemory', '2mb', '--maxmemory-policy', 'noeviction'] })
    return {
      connect: () => new Redis(redis.url, clientOptions),
      begin: async () => redis.cli('SETRANGE', 'other data', '4000000', 'x'),
      end: async () => redis.cli('DEL', 'other data'),
      stop: async () => redis.stop(),
    }
  },
  async 'The server is a read-only replica'() {
    const redis = await startRedis()
    return {
      connect: () => new Redis(redis.url, clientOptions),
      // Of a master that cannot be reached, so that it keeps what it has.
      begin: async () => redis.cli('REPLICAOF', redis.host, '1'),
      end: async () => redis.cli('REPLICAOF', 'NO', 'ONE'),
      stop: async () => redis.stop(),
    }
  },
  async 'The password is wrong'() {
    const redis = await startRedis({ args: ['--requirepass', 'right'] })
    const admin = new Redis(redis.url)
    return {
      connect: () => new Redis(redis.url, clientOptions),
      async begin() {
        await admin.config('SET', 'requirepass', 'another')
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      },
      end: async () => admin.config('SET', 'requirepass', 'right'),
      async stop() {
        admin.disconnect()
        await redis.stop()
      },
    }
  },
  async '`SCRIPT FLUSH` in mid-flight'() {
    const redis = await startRedis()
    const admin = new Redis(redis.url)
    return {
      connect: () => new Redis(redis.url, clientOptions),
      begin: async () => admin.script('FLUSH', 'SYNC'),
      meanwhile: async () => admin.script('FLUSH', 'SYNC'),
      end: () => {},
      async stop() {
        admin.disconnect()
        await redis.stop()
      },
    }
  },
}

const honoured: Readonly<Record<Degraded, readonly string[]>> = {
  allow: ['200 allow'],
  deny: ['503 deny'],
  fallback: ['200 fallback', '429 fallback'],
}

const rows = new Map<string, readonly string[]>()
const head = ['fault', ...policies, 'each in time', 'back within 1 s', 'counted in Redis']

function rowOf(name: string, accounts: Readonly<Record<Degraded, Account>>): readonly string[] {
  const all = Object.values(accounts)
  return [
    name,
    ...policies.map((policy) => accounts[policy].during.join(', ')),
    all.every(({ isInTime }) => isInTime) ? 'yes' : 'no',
    all.every(({ recoveredAfterMs }) => recoveredAfterMs < 1000) ? 'yes' : 'no',
    countedText(accounts),
  ]
}

function countedText({ allow, deny, fallback }: Readonly<Record<Degraded, Account>>): string {
  const excess = [allow, deny, fallback].map((account) => account.excess).join()
  switch (excess) {
    case '0,0,0':
      return 'what it answered'
    case '1,1,1':
      return 'also the one cut off'
    case `${allow.unanswered},0,0`:
      return 'also, late, what was let pass'
    case [-BEFORE, -BEFORE, -BEFORE].join():
      return 'what it answered since'
    default:
      return `too much or too little: ${excess}`
  }
}

it.each(Object.keys(faults))('honours the policy in time, and counts right afterwards: %s', async (name) => {
  const fault = await faults[name]!()
  try {
    const accounts = await endure(fault)
    for (const policy of policies) {
      const { during, recovering, isInTime, recoveredAfterMs, relapses, admittedByFallback } = accounts[policy]
      const isNoticed = !fault.meanwhile
      expect(during).toEqual(isNoticed ? honoured[policy] : ['200', '429'])
      expect(honoured[policy]).toEqual(expect.arrayContaining([...recovering]))
      expect(isInTime).toBe(true)
      expect(recoveredAfterMs).toBeLessThan(1000)
      expect(relapses).toBe(0)
      expect(admittedByFallback).toBe(isNoticed && policy === 'fallback' ? QUOTA : 0)
    }
    const row = rowOf(name, accounts)
    rows.set(name, row)
    if (!process.env['UPDATE_DOCS']) expect(documentedTable()).toContainEqual(row)
  } finally {
    await fault.stop()
  }
})

it.skipIf(process.env['UPDATE_DOCS'])('is documented, fault by fault', () => {
  const [documentedHead, ...documentedRows] = documentedTable()
  expect(documentedHead).toEqual(head)
  expect(documentedRows.map(([name]) => name)).toEqual(Object.keys(faults))
})

afterAll(() => {
  if (process.env['UPDATE_DOCS'] && rows.size === Object.keys(faults).length) documentTable([head, ...rows.values()])
})

it('charges all three limits of a request or none, where memory runs out among them', async () => {
  const redis = await startRedis({ args: ['--maxmemory', '2mb', '--maxmemory-policy', 'noeviction'] })
  const client = new Redis(redis.url)
  try {
    const store = new RedisStore({ client })
    const limits = (['fixed-window', 'sliding-window', 'token-bucket'] as const).map((algorithm) =>
      parseLimit({ rate: '5 per hour', algorithm }),
    )
    const chargesOf = (i: number, cost: number) => limits.map((limit) => ({ key: `${i}`.repeat(20), limit, cost }))
    const isCharged: boolean[] = []
    while (isCharged.filter((is) => !is).length < 1000) {
      const charging = Array.from({ length: 100 }, async (_, i) => store.consume(chargesOf(isCharged.length + i, 2)))
      isCharged.push(...(await Promise.allSettled(charging)).map(({ status }) => status === 'fulfilled'))
    }
    const left = await Promise.all(isCharged.map(async (_, i) => store.peek(chargesOf(i, 0))))
    expect(isCharged.indexOf(false)).toBeGreaterThan(100)
    expect(left.map((verdicts) => verdicts.map(({ remaining }) => remaining).join())).toEqual(
      isCharged.map((is) => (is ? '3,3,3' : '5,5,5')),
    )
  } finally {
    client.disconnect()
    await redis.stop()
  }
})
