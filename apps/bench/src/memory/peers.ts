import { MemoryStore as ExpressMemoryStore } from 'express-rate-limit'
import type { Options } from 'express-rate-limit'
import { MemoryStore as HonoMemoryStore } from 'hono-rate-limiter'
import type { HonoConfigType, Store as HonoStore } from 'hono-rate-limiter'
import { RateLimiter } from 'limiter'
import { RateLimiterMemory, RateLimiterUnion } from 'rate-limiter-flexible'

import type { Contender } from '../contender.ts'

export const rateLimiterFlexible: Contender = {
  name: 'rate-limiter-flexible',
  make({ quota, windowMs }) {
    const limiter = new RateLimiterMemory({ points: quota, duration: windowMs / 1000 })
    return async function ask(keys) {
      let admitted = 0
      for (const key of keys) {
        try {
          await limiter.consume(key)
          admitted += 1
        } catch (error) {
          // It rejects with its result, which is no error, where it denies.
          if (error instanceof Error) throw error
        }
      }
      return admitted
    }
  },
}

export const rateLimiterFlexibleUnion: Contender = {
  name: 'rate-limiter-flexible, union of three',
  make({ quota, windowMs }) {
    const limiters = [1, 10, 100].map(
      (times) => new RateLimiterMemory({ keyPrefix: `of${times}`, points: times * quota, duration: windowMs / 1000 }),
    )
    const union = new RateLimiterUnion(...limiters)
    return async function ask(keys) {
      let admitted = 0
      for (const key of keys) {
        try {
          await union.consume(key)
          admitted += 1
        } catch (error) {
          if (error instanceof Error) throw error
        }
      }
      return admitted
    }
  },
}

export const expressRateLimit: Contender = {
  name: 'express-rate-limit, its store',
  make({ quota, windowMs }) {
    const store = new ExpressMemoryStore()
    store.init({ windowMs } as Options)
    return async function ask(keys) {
      let admitted = 0
      for (const key of keys) if ((await store.increment(key)).totalHits <= quota) admitted += 1
      return admitted
    }
  },
}

export const honoRateLimiter: Contender = {
  name: 'hono-rate-limiter, its store',
  make({ quota, windowMs }) {
    const store: HonoStore = new HonoMemoryStore()
    store.init?.({ windowMs } as HonoConfigType)
    return async function ask(keys) {
      let admitted = 0
      for (const key of keys) if ((await store.increment(key)).totalHits <= quota) admitted += 1
      return admitted
    }
  },
}

/** It limits one thing; whoever limits many keeps a `Map` of them. */
export const limiter: Contender = {
  name: 'limiter, a `Map` of them',
  make({ quota, windowMs }) {
    const limiters = new Map<string, RateLimiter>()
    const limiterOf = (key: string): RateLimiter => {
      const known = limiters.get(key)
      if (known) return known
      const made = new RateLimiter({ tokensPerInterval: quota, interval: windowMs, fireImmediately: true })
      limiters.set(key, made)
      return made
    }
    return async function ask(keys) {
      let admitted = 0
      for (const key of keys) if ((await limiterOf(key).removeTokens(1)) >= 0) admitted += 1
      return admitted
    }
  },
}
