// Logs two denials and a failing store, by whatever logger is named, as an application would; by `none`, nowhere.
import { pino } from 'pino'
import { createLogger, format, transports } from 'winston'

import { RateLimiter } from './limiter/rate-limiter.ts'
import type { Logger } from './logger.ts'
import { MapStore } from './stores/map-store.fixture.ts'

const LOGGERS: Readonly<Record<string, () => Logger | undefined>> = {
  console: () => console,
  pino: () => pino(),
  none: () => undefined,
  winston: () => createLogger({ format: format.json(), transports: [new transports.Console()] }),
}

class FailingStore extends MapStore {
  override consume(): never {
    throw new Error('no connection')
  }
}

const logger = LOGGERS[process.argv[2] ?? '']!()
const options = logger && { logger }
const limiter = new RateLimiter({ store: new MapStore(), ip: '1 per minute', ...options })
for (let i = 0; i < 3; i++) await limiter.isAllowed({ ip: '203.0.113.7', method: 'GET', endpoint: '/api/search' })
await new RateLimiter({ store: new FailingStore(), ...options }).isAllowed({ ip: '203.0.113.7' })
