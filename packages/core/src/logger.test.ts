import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { listeningLogger } from './logger.fixture.ts'
import { Reporter } from './logger.ts'
import type { LogEntry, Logger } from './logger.ts'

const fault = { level: 'error', event: 'broken', budget: 'fault' } as const
const block = { level: 'info', event: 'block', budget: 'block' } as const

/** What a process prints that logs by the logger of this name. */
const logOf = async (name: string) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL('log.fixture.ts', import.meta.url)), name])

describe('a reporter', () => {
  it('tells the same fault once a minute, and how often it was left out', () => {
    let now = 0
    const { heard, logger } = listeningLogger()
    const reporter = new Reporter({ logger }, () => now)
    const tell = (subject: string): void => reporter.tell({ ...fault, subject }, () => ({ message: subject }))
    tell('a')
    tell('a')
    tell('b')
    now = 59_999
    tell('a')
    now = 60_000
    tell('a')
    now = 120_000
    tell('a')
    expect(heard).toEqual([
      ['error', { event: 'broken', message: 'a' }],
      ['error', { event: 'broken', message: 'b' }],
      ['error', { event: 'broken', message: 'a', leftOut: 2 }],
      ['error', { event: 'broken', message: 'a' }],
    ])
  })

  it('tells a hundred denials at once, then a hundred a minute', () => {
    let now = 0
    const { heard, logger } = listeningLogger()
    const reporter = new Reporter({ logger }, () => now)
    for (let i = 0; i < 1000; i++) reporter.tell(block, () => ({ message: '' }))
    expect(heard).toHaveLength(100)
    now = 600
    reporter.tell(block, () => ({ message: '' }))
    reporter.tell(block, () => ({ message: '' }))
    expect(heard.slice(100)).toEqual([['info', { event: 'block', message: '', leftOut: 900 }]])
  })

  it('tells the same attacker once a minute, and a hundred attackers at once', () => {
    let now = 0
    const { heard, logger } = listeningLogger()
    const reporter = new Reporter({ logger }, () => now)
    const tell = (subject: string): void =>
      reporter.tell({ level: 'warn', event: 'attack', subject, budget: 'attack' }, () => ({ message: subject }))
    for (let i = 0; i < 150; i++) {
      tell('first')
      tell(`other ${i}`)
    }
    expect(heard).toHaveLength(100)
    expect(heard.filter(([, { message }]) => message === 'first')).toHaveLength(1)
    now = 60_000
    tell('first')
    expect(heard.at(-1)![1].message).toBe('first')
    expect(heard.reduce((sum, [, { leftOut = 0 }]) => sum + Number(leftOut), 0)).toBe(200)
  })

  it('tells what has no budget always, and puts together only what it tells', () => {
    const { heard, logger } = listeningLogger()
    const reporter = new Reporter({ logger })
    for (let i = 0; i < 200; i++) reporter.tell({ level: 'warn', event: 'rare' }, () => ({ message: '' }))
    reporter.tell({ level: 'debug', event: 'small' }, () => expect.unreachable())
    for (let i = 0; i < 2; i++) reporter.tell(fault, () => (i === 0 ? { message: '' } : expect.unreachable()))
    expect(heard).toHaveLength(201)
  })

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('tells from the level %s on: %j', (logLevel, told) => {
    const { heard, logger } = listeningLogger()
    const reporter = new Reporter({ logger, logLevel })
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      expect(reporter.hears(level)).toBe((told as readonly string[]).includes(level))
      reporter.tell({ level, event: level }, () => ({ message: '' }))
    }
    expect(heard.map(([level]) => level)).toEqual(told)
  })

  it('is not stopped by a logger that throws', () => {
    const fail = (): never => {
      throw new Error('the disk is full')
    }
    const reporter = new Reporter({ logger: { debug: fail, info: fail, warn: fail, error: fail } })
    expect(() => reporter.tell({ level: 'warn', event: 'broken' }, () => ({ message: '' }))).not.toThrow()
  })

  it.each(['pino', 'winston'])('tells %s as it is, in lines that programs read', async (name) => {
    const lines = (await logOf(name)).stdout.trim().split('\n')
    const told = lines.map((line) => JSON.parse(line) as LogEntry)
    expect(told.map(({ level, event }) => [level, event])).toEqual([
      [name === 'pino' ? 30 : 'info', 'rate_limit_block'],
      [name === 'pino' ? 30 : 'info', 'rate_limit_block'],
      [name === 'pino' ? 50 : 'error', 'store_error'],
    ])
    expect(told[0]).toMatchObject({
      message: 'A request is denied: "ip" is spent',
      ip: '203.0.113.7',
      method: 'GET',
      endpoint: '/api/search',
      policy: 'ip',
      reason: 'quota-exceeded',
      retryAfterMs: 60_000,
    })
  })

  it('tells the console as it is, errors apart', async () => {
    const { stdout, stderr } = await logOf('console')
    expect(stdout.match(/event: 'rate_limit_block'/g)).toHaveLength(2)
    expect(stdout).not.toContain('undefined')
    expect(stderr.match(/event: 'store_error'/g)).toHaveLength(1)
  })

  it('prints nothing where there is no logger', async () => {
    expect(await logOf('none')).toEqual({ stdout: '', stderr: '' })
  })

  it('takes the console as it is, and nothing that cannot log', () => {
    expect(() => new Reporter({ logger: console })).not.toThrow()
    const bad: unknown[] = [
      { logger: {} },
      { logger: null },
      { logger: 'console' },
      { logger: { warn: () => undefined } },
    ]
    for (const options of [...bad, { logLevel: 'trace' }, { addressSecret: 'short' }]) {
      expect(() => new Reporter(options as { logger: Logger })).toThrow(
        expect.objectContaining({ code: 'RL_INVALID_OPTION' }),
      )
    }
  })
})
