import { request as httpRequest } from 'node:http'

import { algorithms, applyAlgorithm } from '@rl/core'
import type { State } from '@rl/core'
import { startRedis } from '@rl/test-servers'
import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { ARRIVALS } from './arrivals.ts'
import { openPage, startChromium } from './browser.fixture.ts'
import { serveDemo } from './serve-demo.fixture.ts'

/** Fields that Node adds to what an app sends. */
const ADDED_BY_NODE = /^(?:connection|content-length|date|keep-alive|transfer-encoding):/

let browser: Browser
const ends: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  browser = await startChromium()
})

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

afterAll(() => browser.close())

/** The demo, and its page in a browser. What is wrong there by the end fails the test. */
async function openDemo(env: NodeJS.ProcessEnv = {}, options: BrowserContextOptions = {}) {
  const demo = await serveDemo(env)
  ends.push(() => demo.close())
  const opened = await openPage(browser, demo.origin, options)
  ends.push(async () => {
    await opened.page.context().close()
  })
  await text(opened.page, '#connection', 'live')
  return { demo, ...opened }
}

/** Waits until the page says so. */
async function text(page: Page, selector: string, expected: string | RegExp): Promise<void> {
  await expect
    .poll(() => page.innerText(selector), { timeout: 10_000, interval: 20 })
    .toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected))
}

/** The texts of the parts of an element. */
async function parts(page: Page, selector: string, ...names: string[]): Promise<string[]> {
  const element = page.locator(selector)
  return Promise.all(names.map((name) => element.locator(`[data-part=${name}]`).innerText()))
}

describe.each(['express', 'fastify', 'hono'])('a burst on %s', (framework) => {
  it('as free shows sixty admitted and the rest denied, and so do the numbers', async () => {
    const { demo, page, problems } = await openDemo({ FRAMEWORK: framework })
    await page.click('[data-as=free] button')
    await text(page, '[data-as=free] .outcome', '60 admitted\n90 denied')
    await text(page, '#total', 'The limiter has decided since it was started: 60 admitted, 90 denied.')
    expect(await parts(page, '[data-key=free]', 'admitted', 'denied', 'banned')).toEqual(['60', '90', '0'])
    expect(await parts(page, '[data-key=premium]', 'admitted', 'denied', 'banned')).toEqual(['0', '0', '0'])
    expect(await parts(page, '[data-key=free-key]', 'plan', 'admitted', 'denied', 'left')).toEqual([
      'free',
      '60',
      '90',
      '0 of 60',
    ])
    expect(demo.limiter.stats()).toMatchObject({
      allowed: 60,
      denied: { 'quota-exceeded': 90 },
      policies: { free: { allowed: 60, denied: 90 } },
    })
    expect(problems).toEqual([])
  })

  it('leaves denials that can be opened, each with the reason and the fields as they were sent', async () => {
    const { demo, page, problems } = await openDemo({ FRAMEWORK: framework })
    await page.click('[data-as=free] button')
    await text(page, '#denials .times', '× 90')
    const answer = await fetch(`${demo.origin}/api/data`, { headers: { 'x-api-key': 'free-key' } })
    await text(page, '#denials .times', '× 91')
    expect(await parts(page, '#denials', 'client', 'target', 'reason')).toEqual([
      'free-key',
      'GET /api/data',
      'over the limit: free, 60 in 1\u202Fmin',
    ])
    await page.click('#denials summary')
    const [status, ...fields] = (await page.innerText('#denials pre')).split('\n')
    expect(status).toBe(`HTTP/1.1 ${answer.status} ${answer.statusText}`)
    const sent = [...answer.headers].map((field) => field.join(': '))
    const ofTheApp = (all: readonly string[]) => all.filter((field) => !ADDED_BY_NODE.test(field)).toSorted()
    expect(ofTheApp(fields)).toEqual(ofTheApp(sent))
    expect(fields).toContain('x-ratelimit-limit: 60')
    expect(problems).toEqual([])
  })
})

describe('the page', () => {
  it('draws of each algorithm what the pure function says', async () => {
    const { page, problems } = await openDemo()
    for (const [arrivals, { groups }] of Object.entries(ARRIVALS)) {
      await page.check(`[name=arrivals][value=${arrivals}]`)
      await page.waitForSelector(`#comparison[data-arrivals=${arrivals}]`)
      for (const algorithm of Object.keys(algorithms)) {
        let state: State | undefined
        const expected = groups.flatMap(([atMs, requests]) =>
          Array.from({ length: requests }, () => {
            const outcome = applyAlgorithm({ algorithm, quota: 10, windowMs: 10_000 }, state, 1, atMs)
            const { allowed, remaining, retryAfterMs } = outcome.verdict
            state = outcome.state
            const says = allowed ? `admitted, ${remaining} left` : `denied, again in ${retryAfterMs / 1000} s`
            return [String(atMs), allowed ? 'admitted' : 'denied', `${atMs / 1000} s: ${says}`]
          }),
        )
        const dots = `[...document.querySelectorAll('[data-key=${algorithm}] circle')]`
        const drawn = await page.evaluate<string[][]>(
          `${dots}.map((dot) => [dot.dataset.at, dot.classList[0], dot.textContent])`,
        )
        expect(drawn).toEqual(expected)
        const admitted = expected.filter(([, outcome]) => outcome === 'admitted').length
        const [summary] = await parts(page, `[data-key=${algorithm}]`, 'summary')
        expect(summary).toMatch(new RegExp(`^${admitted} of ${expected.length} admitted`))
      }
    }
    expect(problems).toEqual([])
  })

  it('can be used by keyboard alone', async () => {
    const { page, problems } = await openDemo()
    const focused = async () =>
      page.evaluate<string>(`document.activeElement.value ?? document.activeElement.textContent`)
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('150')
    await page.keyboard.press('ArrowLeft')
    expect(await focused()).toBe('50')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(`document.activeElement.closest('[data-as]').dataset.as`)).toBe('free')
    expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe('solid')
    await page.keyboard.press('Enter')
    await text(page, '[data-as=free] .outcome', '50 admitted\n0 denied')
    await page.keyboard.press('Space')
    await text(page, '[data-as=free] .outcome', '10 admitted\n40 denied')
    for (let i = 0; i < 6; i++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.innerText('#denials pre')).toContain('429 Too Many Requests')
    expect(problems).toEqual([])
  })

  it('connects again by itself, and has missed nothing', async () => {
    const { demo, page, problems } = await openDemo()
    await page.click('[data-as=free] button')
    await text(page, '[data-as=free] .outcome', '60 admitted\n90 denied')
    expect(problems).toEqual([])
    await demo.goAway()
    await text(page, '#connection', 'connecting again …')
    await demo.comeBack()
    await fetch(`${demo.origin}/api/data`, { headers: { 'x-api-key': 'premium-key' } })
    await text(page, '#connection', 'live')
    await text(page, '#total', 'The limiter has decided since it was started: 61 admitted, 90 denied.')
    // Nobody was there to answer; of anything else there was nothing.
    expect(
      problems.filter((problem) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|\/demo\/events/.test(problem)),
    ).toEqual([])
  })

  it('says within a second that Redis was killed, and recovers by itself', async () => {
    const redis = await startRedis()
    ends.push(() => redis.stop())
    const { page, problems } = await openDemo({ STORE: 'redis', REDIS_URL: redis.url })
    await text(page, '#store-status', 'healthy')
    const saysSo = page.locator('#store-status[data-status=degraded]').waitFor()
    const killedAt = performance.now()
    await redis.kill('SIGKILL')
    await saysSo
    expect(performance.now() - killedAt).toBeLessThan(1000)
    // Enough to make the limiter leave the store alone: with no more traffic, nobody but the page would try it again.
    await page.click('[data-as=free] button')
    await text(page, '[data-as=free] .outcome', '150 admitted\n0 denied')
    expect(await parts(page, '[data-key=free-key]', 'left')).toEqual(['not counted'])
    await redis.restart()
    await text(page, '#store-status', 'healthy')
    expect(problems).toEqual([])
  })

  it('shows who is banned, and lets one forgive it', async () => {
    const { demo, page, problems } = await openDemo()
    await text(page, '#bans-title ~ .nothing', 'Nobody is banned.')
    await page.click('[data-as=attacker] button')
    await text(page, '[data-as=attacker] .outcome', '100 admitted\n200 denied\n1,200 banned')
    expect(await parts(page, '#bans', 'scope')).toEqual(['203.0.113.66'])
    expect(await page.innerText('#bans [data-part=ends]')).toMatch(/^for another \d\d\u202Fs$/)
    expect(await parts(page, '[data-key=anonymous]', 'admitted', 'denied', 'banned')).toEqual(['100', '200', '1,200'])
    expect(await page.innerText('#denials .reason >> nth=0')).toBe('banned as an attacker')
    await page.click('#bans button')
    await text(page, '#bans', '')
    expect(demo.guard.bans()).toEqual([])
    expect(problems).toEqual([])
  })

  it('ends a burst when it goes away', async () => {
    const { demo, page } = await openDemo()
    await page.check('[name=count][value="5000"]')
    await page.click('[data-as=admin] button')
    await page.waitForSelector('[data-as=admin].is-under-way')
    await page.close()
    for (;;) {
      const [burst] = (await demo.state()).bursts
      if (burst!.isUnderWay) continue
      expect(burst!.admitted).toBeLessThan(5000)
      break
    }
  })

  it('stops a burst at a second press', async () => {
    const { page, problems } = await openDemo()
    await page.check('[name=count][value="5000"]')
    await page.click('[data-as=admin] button')
    await page.waitForSelector('[data-as=admin].is-under-way')
    await page.click('[data-as=admin] button')
    await text(page, '[data-as=admin] .outcome', /stopped$/)
    expect(problems.filter((problem) => !problem.includes('ERR_ABORTED'))).toEqual([])
  })

  it('shows what others send as text', async () => {
    const { demo, page, problems } = await openDemo()
    const path = '/api/<img/src=x/onerror=alert(1)>'
    for (let i = 0; i <= 60; i++) {
      await new Promise((resolve) => {
        httpRequest(demo.origin, { path, headers: { 'x-api-key': 'free-key' } }, (answer) => {
          answer.resume().on('end', resolve)
        }).end()
      })
    }
    await text(page, '#denials .target', `GET ${path}`)
    expect(problems).toEqual([])
  })

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('fits a window %d pixels wide, %s, and is accessible', async (width, colorScheme) => {
    const { page, problems } = await openDemo({}, { viewport: { width, height: 800 }, colorScheme })
    await page.click('[data-as=rotating] button')
    await text(page, '[data-as=rotating] .outcome', '100 admitted\n200 denied\n1,200 banned')
    await page.locator('#denials summary').first().click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    expect(violations).toEqual([])
    expect(problems).toEqual([])
  })
})
