import { RateLimiterSQLite, RateLimiterUnion } from 'rate-limiter-flexible'
import type Database from 'better-sqlite3'

import { askEach, isResolved } from '../contender.ts'
import type { Contender } from '../contender.ts'
import { openDatabase } from './database.ts'

export const rateLimiterFlexible: Contender<string> = {
  name: 'rate-limiter-flexible, better-sqlite3',
  async make({ quota, windowMs }, path) {
    const limiter = await limiterOf(openDatabase(path), 'rate_limits', quota, windowMs)
    return askEach((key) => isResolved(limiter.consume(key)))
  },
}

export const rateLimiterFlexibleUnion: Contender<string> = {
  name: 'rate-limiter-flexible, better-sqlite3, union of three',
  async make({ quota, windowMs }, path) {
    const database = openDatabase(path)
    const union = new RateLimiterUnion(
      await limiterOf(database, 'hard', quota, windowMs),
      await limiterOf(database, 'medium', 10 * quota, windowMs),
      await limiterOf(database, 'soft', 100 * quota, windowMs),
    )
    return askEach((key) => isResolved(union.consume(key)))
  },
}

/** It is ready once its table is there. */
async function limiterOf(
  storeClient: Database.Database,
  tableName: string,
  points: number,
  windowMs: number,
): Promise<RateLimiterSQLite> {
  return new Promise((resolve, reject) => {
    const options = {
      storeClient,
      storeType: 'better-sqlite3',
      tableName,
      keyPrefix: tableName,
      points,
      duration: windowMs / 1000,
    }
    const limiter = new RateLimiterSQLite(options, (error) => (error ? reject(error) : resolve(limiter)))
  })
}
