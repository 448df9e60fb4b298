import { describe, expect, it } from 'vitest'

import { Reporter } from './logger.ts'
import type { LogEntry, Logger } from './logger.ts'

function listener() {
  const heard: [string, LogEntry][] = []
  const logger: Logger = {
    warn: (entry) => void heard.push(['warn', entry]),
    error: (entry) => void heard.push(['error', entry]),
  }
  return { heard, logger }
}

describe('a reporter', () => {
  it('tells the same thing once a minute, and how often it was left out', () => {
    let now = 0
    const { heard, logger } = listener()
    const reporter = new Reporter(logger, () => now)
    const tell = (subject: string): void => reporter.tell('error', subject, { event: 'broken', message: subject })
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

  it('is not stopped by a logger that throws', () => {
    const fail = (): never => {
      throw new Error('the disk is full')
    }
    const reporter = new Reporter({ warn: fail, error: fail })
    expect(() => reporter.tell('warn', '', { event: 'broken', message: '' })).not.toThrow()
  })

  it('takes the console as it is, and nothing that cannot log', () => {
    expect(() => new Reporter(console)).not.toThrow()
    for (const logger of [{}, null, 'console', { warn: () => undefined }]) {
      expect(() => new Reporter(logger as unknown as Logger)).toThrow(
        expect.objectContaining({ code: 'RL_INVALID_OPTION' }),
      )
    }
  })
})
