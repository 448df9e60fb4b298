import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { context, metrics, trace } from '@opentelemetry/api'
import type { Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { Histogram } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { DosGuard, RateLimiter, StoreError } from '@rl/core'
import type { Charge, RateLimiterOptions, Verdict } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import parsePrometheus from 'parse-prometheus-text-format'
import { afterEach, describe, expect, it } from 'vitest'

import { instrument } from './instrument.ts'
import type { InstrumentOptions } from './instrument.ts'

const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

class FlakyStore extends MemoryStore {
  isFailing = false

  override consume(charges: readonly Charge[]): readonly Verdict[] {
    if (this.isFailing) throw new StoreError('RL_STORE_FAILED', 'flaky', 'no connection')
    return super.consume(charges)
  }
}

function limiterOf(options: Partial<RateLimiterOptions> = {}) {
  const store = new FlakyStore({ clock: () => 0 })
  return { store, limiter: new RateLimiter<string, string>({ store, ip: '2 per minute', ...options }) }
}

/** A limiter that is instrumented, and a way to scrape it over HTTP as Prometheus does. */
async function scraped(options: Partial<RateLimiterOptions> = {}, more: InstrumentOptions = {}) {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meterProvider = new MeterProvider({ readers: [exporter] })
  const limited = limiterOf(options)
  const stop = instrument(limited.limiter, { meterProvider, ...more })
  const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response)).listen(0)
  await once(server, 'listening')
  ends.push(
    () => server.close(),
    () => meterProvider.shutdown(),
  )
  async function scrape(): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    const response = await fetch(`http://localhost:${(server.address() as AddressInfo).port}`)
    const families = parsePrometheus(await response.text())
    return new Map(families.map(({ name, metrics: samples }) => [name, new Map(samples.map(sampleOf))]))
  }
  /** The attributes of each series of a metric, and how often it was told. (The parser takes no labels of histograms.) */
  async function exported(name: string): Promise<[Attributes, number][]> {
    const { resourceMetrics } = await exporter.collect()
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    const points = all.find(({ descriptor }) => descriptor.name === name)!.dataPoints
    return points.map(({ attributes, value }) => [attributes, (value as Histogram).count])
  }
  return { ...limited, stop, scrape, exported }
}

type Sample = ReturnType<typeof parsePrometheus>[number]['metrics'][number]

/** The labels that are ours, in a line, and the value. */
function sampleOf({ labels = {}, value }: Sample): [string, number] {
  const own = Object.entries(labels).filter(([name]) => !name.startsWith('otel_scope'))
  return [own.map(([name, text]) => `${name.replace('ratelimit_', '')}=${text}`).join(' '), Number(value)]
}

describe('what Prometheus scrapes', () => {
  it('counts requests by outcome and reason, and by limit', async () => {
    const { limiter, store, scrape } = await scraped({
      deny: ['192.0.2.1'],
      endpoints: {
        '/pay': [
          { rate: '3 per minute', onStoreError: 'deny' },
          { rate: '1 per hour', mode: 'shadow' },
        ],
      },
    })
    for (let i = 0; i < 3; i++) await limiter.isAllowed({ ip: '203.0.113.7', endpoint: '/pay' })
    await limiter.isAllowed({ ip: '192.0.2.1' })
    store.isFailing = true
    await limiter.isAllowed({ ip: '203.0.113.8', endpoint: '/pay' })
    await limiter.isAllowed({ ip: '203.0.113.8' })
    const families = await scrape()
    expect(Object.fromEntries(families.get('ratelimit_requests_total')!)).toEqual({
      'outcome=allowed': 3,
      'outcome=denied reason=quota-exceeded': 1,
      'outcome=denied reason=temporary-reduced-capacity': 1,
      'outcome=denied reason=deny-list': 1,
    })
    expect(Object.fromEntries(families.get('ratelimit_policy_requests_total')!)).toEqual({
      'policy=ip outcome=allowed': 2,
      'policy=ip outcome=denied reason=quota-exceeded': 1,
      'policy=ip outcome=denied reason=temporary-reduced-capacity': 0,
      'policy=/pay outcome=allowed': 2,
      'policy=/pay outcome=denied reason=quota-exceeded': 0,
      'policy=/pay outcome=denied reason=temporary-reduced-capacity': 1,
    })
    expect(Object.fromEntries(families.get('ratelimit_shadow_requests_total')!)).toEqual({
      'policy=/pay shadow outcome=allowed': 1,
      'policy=/pay shadow outcome=denied': 2,
    })
    expect(Object.fromEntries(families.get('ratelimit_degraded_requests_total')!)).toEqual({
      'degraded=allow': 1,
      'degraded=deny': 1,
      'degraded=fallback': 0,
    })
    expect(Object.fromEntries(families.get('ratelimit_store_keys')!)).toEqual({ '': 3 })
  })

  it('times stores, by what they were asked and why they failed', async () => {
    const { limiter, store, scrape, exported } = await scraped({ fallback: new MemoryStore() })
    await limiter.isAllowed({ ip: '203.0.113.7' })
    await limiter.peek({ ip: '203.0.113.7' })
    store.isFailing = true
    await limiter.isAllowed({ ip: '203.0.113.7' })
    expect(await exported('ratelimit.store.duration')).toEqual([
      [{ 'ratelimit.store.role': 'main', 'ratelimit.store.verb': 'consume' }, 1],
      [{ 'ratelimit.store.role': 'main', 'ratelimit.store.verb': 'peek' }, 1],
      [{ 'ratelimit.store.role': 'main', 'ratelimit.store.verb': 'consume', 'error.type': 'RL_STORE_FAILED' }, 1],
      [{ 'ratelimit.store.role': 'fallback', 'ratelimit.store.verb': 'consume' }, 1],
    ])
    expect((await scrape()).has('ratelimit_store_duration')).toBe(true)
  })

  it('counts bans, and who is banned', async () => {
    const guard = new DosGuard({ threshold: 1 })
    const { scrape } = await scraped({}, { guard })
    for (const ip of ['203.0.113.7', '203.0.113.7', '198.51.100.1']) guard.detectAttack(ip)
    const families = await scrape()
    expect(Object.fromEntries(families.get('ratelimit_dos_bans_total')!)).toEqual({ 'dos_shared=false': 1 })
    expect(Object.fromEntries(families.get('ratelimit_dos_requests_total')!)).toEqual({ '': 1 })
    expect(Object.fromEntries(families.get('ratelimit_dos_banned')!)).toEqual({ '': 1 })
    expect(families.get('ratelimit_dos_sources')!.get('')).toBe(guard.stats().sources)
  })

  it('has as many series for ten thousand clients as for one', async () => {
    const { limiter, scrape } = await scraped({ endpoints: { '/a/:id': '5 per minute' } })
    const series = async (): Promise<number> => {
      let count = 0
      for (const samples of (await scrape()).values()) count += samples.size
      return count
    }
    const ask = async (i: number) =>
      limiter.isAllowed({ ip: `10.0.${i >> 8}.${i & 255}`, userId: `user-${i}`, endpoint: `/a/${i}` })
    for (let i = 0; i < 10; i++) await ask(0)
    const before = await series()
    for (let i = 0; i < 10_000; i++) await ask(i)
    expect(await series()).toBe(before)
  })

  it('names the limiter, and ends', async () => {
    const { limiter, scrape, stop } = await scraped({}, { name: 'public' })
    await limiter.isAllowed({ ip: '203.0.113.7' })
    const families = await scrape()
    expect(families.get('ratelimit_requests_total')!.get('limiter=public outcome=allowed')).toBe(1)
    stop()
    await limiter.isAllowed({ ip: '203.0.113.7' })
    expect((await scrape()).get('ratelimit_requests_total')?.get('limiter=public outcome=allowed') ?? 1).toBe(1)
  })
})

describe('the span of a request', () => {
  it('is told what was decided', async () => {
    const spans = new InMemorySpanExporter()
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
    )
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    ends.push(
      () => trace.disable(),
      () => context.disable(),
    )
    const { limiter } = limiterOf({ allow: ['10.0.0.0/8'] })
    const stop = instrument(limiter)
    const decideWithin = async (name: string, ip: string): Promise<void> =>
      trace.getTracer('test').startActiveSpan(name, async (span) => {
        await Promise.resolve()
        await limiter.isAllowed({ ip })
        span.end()
      })
    for (const name of ['first', 'second', 'third']) await decideWithin(name, '203.0.113.7')
    await decideWithin('listed', '10.0.0.1')
    instrument(limiter, { spans: false })
    stop()
    await decideWithin('last', '10.0.0.1')
    const admitted = { 'ratelimit.outcome': 'allowed', 'ratelimit.policy': 'ip' }
    expect(spans.getFinishedSpans().map(({ name, attributes }) => [name, { ...attributes }])).toEqual([
      ['first', { ...admitted, 'ratelimit.remaining': 1 }],
      ['second', { ...admitted, 'ratelimit.remaining': 0 }],
      [
        'third',
        {
          'ratelimit.outcome': 'denied',
          'ratelimit.reason': 'quota-exceeded',
          'ratelimit.policy': 'ip',
          'ratelimit.remaining': 0,
        },
      ],
      ['listed', { 'ratelimit.outcome': 'allowed' }],
      ['last', {}],
    ])
  })
})

describe('instrument', () => {
  it('goes by the global meter provider unless told otherwise, and costs nothing without one', async () => {
    const { limiter } = limiterOf()
    instrument(limiter)
    expect((await limiter.isAllowed({ ip: '203.0.113.7' })).allowed).toBe(true)
    const exporter = new PrometheusExporter({ preventServerStart: true })
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }))
    ends.push(() => metrics.disable())
    instrument(limiter)
    const { resourceMetrics } = await exporter.collect()
    const names = resourceMetrics.scopeMetrics.flatMap(({ metrics: all }) =>
      all.map(({ descriptor }) => descriptor.name),
    )
    expect(names).toContain('ratelimit.requests')
  })

  it('refuses options that do not exist', () => {
    const options = { names: 'public' } as InstrumentOptions
    expect(() => instrument(limiterOf().limiter, options)).toThrow(
      expect.objectContaining({ code: 'RL_UNKNOWN_OPTION' }),
    )
  })
})
