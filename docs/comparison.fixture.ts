import { setTimeout } from 'node:timers/promises'

import { startCluster, startRedis } from '@rl/test-servers'
import type { RedisCluster } from '@rl/test-servers'
import express from 'express'
import type { RequestHandler } from 'express'
import { MemoryStore as ExpressMemoryStore, rateLimit as expressRateLimit } from 'express-rate-limit'
import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import { MemoryStore as HonoMemoryStore, rateLimiter } from 'hono-rate-limiter'
import { Cluster, Redis } from 'ioredis'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { afterAll, expect, onTestFinished } from 'vitest'

import { serve } from './serve.fixture.ts'

export const MINUTE = 60_000
/** Longer than any store of ours is waited for, and short enough to wait for it. */
const PATIENCE_MS = 1000

export const never = async (): Promise<never> => new Promise(() => {})
export const oneKey = { keyGenerator: () => 'key' }

let cluster: Promise<RedisCluster> | undefined
afterAll(async () => (await cluster)?.stop())

export function expressLimiter(limit: number, store = new ExpressMemoryStore()): RequestHandler {
  return expressRateLimit({ ...oneKey, limit, windowMs: MINUTE, store })
}

export async function expressApp(...limiters: readonly RequestHandler[]): Promise<string> {
  const app = express().use(...limiters)
  app.get('/', (_request, response) => void response.send('hello'))
  return serve(app)
}

export function honoLimiter(limit: number, store = new HonoMemoryStore()): MiddlewareHandler {
  return rateLimiter({ ...oneKey, limit, windowMs: MINUTE, store })
}

export async function honoApp(...limiters: readonly MiddlewareHandler[]): Promise<string> {
  return serve(new Hono().use(...limiters).get('/', (c) => c.text('hello')))
}

export function memoryLimiter(options: { readonly points: number; readonly keyPrefix?: string }): RateLimiterMemory {
  return new RateLimiterMemory({ ...options, duration: 60 })
}

export async function redisClient(): Promise<Redis> {
  const server = await startRedis()
  const client = new Redis(server.url)
  onTestFinished(async () => {
    client.disconnect()
    await server.stop()
  })
  return client
}

export async function clusterClient(): Promise<Cluster> {
  cluster ??= startCluster()
  const client = new Cluster([...(await cluster).nodes])
  onTestFinished(() => client.disconnect())
  return client
}

export async function admitsThreeOfSix(ask: (key: number) => Promise<boolean>): Promise<boolean> {
  const keys = Array.from({ length: 12 }, (_, key) => key)
  const answers = await Promise.all(
    keys.map(async (key) => Promise.all(Array.from({ length: 6 }, async () => ask(key)))),
  )
  return answers.every((one) => one.filter(Boolean).length === 3)
}

export async function askTwice(origin: string): Promise<void> {
  const statuses: number[] = []
  for (let i = 0; i < 2; i++) statuses.push((await fetch(origin)).status)
  expect(statuses).toEqual([200, 429])
}

export async function admits(consumed: Promise<unknown>): Promise<boolean> {
  return consumed.then(
    () => true,
    () => false,
  )
}

export async function isAnswered(answer: Promise<unknown>): Promise<boolean> {
  return Promise.race([admits(answer), setTimeout(PATIENCE_MS, false)])
}
