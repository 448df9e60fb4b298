import { request as httpRequest } from 'node:http'

import { algorithms, applyAlgorithm } from '@rl/core'
import type { State } from '@rl/core'
import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import { describe, expect, it } from 'vitest'

import { ARRIVALS } from './arrivals.ts'
import { useChromium } from './use-chromium.fixture.ts'

/** Fields that Node adds to what an app sends. */
const ADDED_BY_NODE = /^(?:connection|content-length|date|keep-alive|transfer-encoding):/

const openDemo = useChromium()

interface Box {
  readonly left: number
  readonly top: number
  readonly bottom: number
}
type Drawn = Readonly<Record<'admitted' | 'denied', Box | null>>

/** In the page: where a plan's chart has the colours of the outcomes. */
const drawnOn = `(plan) => {
  const canvas = document.querySelector('[data-key=' + plan + '] canvas')
  const { width, height } = canvas
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  copy.drawImage(canvas, 0, 0)
  const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer)
  const boxOf = (outcome) => {
    const hex = getComputedStyle(document.body).getPropertyValue('--' + outcome).slice(1)
    const [red, green, blue] = hex.match(/../g).map((part) => parseInt(part, 16))
    const color = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
    const at = [...pixels.keys()].filter((i) => pixels[i] === color)
    if (at.length === 0) return null
    const rows = at.map((i) => Math.floor(i / width))
    return { left: Math.min(...at.map((i) => i % width)), top: Math.min(...rows), bottom: Math.max(...rows) }
  }
  return { admitted: boxOf('admitted'), denied: boxOf('denied') }
}`

describe.each(['express', 'fastify', 'hono'])('a burst on %s', (framework) => {
  it('as free shows sixty admitted and the rest denied, and so do the numbers', async () => {
    const { demo, page, problems, says, parts } = await openDemo({ FRAMEWORK: framework })
    await page.click('[data-as=free] button')
    await says('[data-as=free] .outcome', '60 admitted\n90 denied')
    await says('#total', 'The limiter has decided since it was started: 60 admitted, 90 denied.')
    expect(await parts('[data-key=free]', 'admitted', 'denied', 'banned')).toEqual(['60', '90', '0'])
    expect(await parts('[data-key=premium]', 'admitted', 'denied', 'banned')).toEqual(['0', '0', '0'])
    expect(await parts('[data-key=free-key]', 'plan', 'admitted', 'denied', 'left')).toEqual([
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
    const { demo, page, problems, says, parts } = await openDemo({ FRAMEWORK: framework })
    await page.click('[data-as=free] button')
    await says('#denials .times', '× 90')
    const answer = await fetch(`${demo.origin}/api/data`, { headers: { 'x-api-key': 'free-key' } })
    await says('#denials .times', '× 91')
    expect(await parts('#denials', 'client', 'target', 'reason')).toEqual([
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
    const { page, problems, parts } = await openDemo()
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
        const [summary] = await parts(`[data-key=${algorithm}]`, 'summary')
        expect(summary).toMatch(new RegExp(`^${admitted} of ${expected.length} admitted`))
      }
    }
    expect(problems).toEqual([])
  })

  it('draws traffic as it comes, admitted up and denied down, and moves on', async () => {
    const { page, problems, says } = await openDemo()
    const drawn = async (plan: string) => page.evaluate<Drawn>(`(${drawnOn})('${plan}')`)
    expect(await drawn('free')).toEqual({ admitted: null, denied: null })
    await page.click('[data-as=free] button')
    await says('[data-as=free] .outcome', '60 admitted\n90 denied')
    const { admitted, denied } = await drawn('free')
    expect(admitted!.bottom).toBeLessThan(denied!.top)
    expect(await drawn('premium')).toEqual({ admitted: null, denied: null })
    await expect.poll(async () => (await drawn('free')).denied!.left, { timeout: 10_000 }).toBeLessThan(denied!.left)
    expect(problems).toEqual([])
  })

  it('shows who is banned, and lets one forgive it', async () => {
    const { demo, page, problems, says, parts } = await openDemo()
    await says('#bans-title ~ .nothing', 'Nobody is banned.')
    await page.click('[data-as=attacker] button')
    await says('[data-as=attacker] .outcome', '100 admitted\n200 denied\n1,200 banned')
    expect(await parts('#bans', 'scope')).toEqual(['203.0.113.66'])
    expect(await page.innerText('#bans [data-part=ends]')).toMatch(/^for another \d\d\u202Fs$/)
    expect(await parts('[data-key=anonymous]', 'admitted', 'denied', 'banned')).toEqual(['100', '200', '1,200'])
    expect(await page.innerText('#denials .reason >> nth=0')).toBe('banned as an attacker')
    await page.click('#bans button')
    await says('#bans', '')
    expect(demo.guard.bans()).toEqual([])
    expect(problems).toEqual([])
  })

  it('shows what others send as text', async () => {
    const { demo, problems, says } = await openDemo()
    const path = '/api/<img/src=x/onerror=alert(1)>'
    for (let i = 0; i <= 60; i++) {
      await new Promise((resolve) => {
        httpRequest(demo.origin, { path, headers: { 'x-api-key': 'free-key' } }, (answer) => {
          answer.resume().on('end', resolve)
        }).end()
      })
    }
    await says('#denials .target', `GET ${path}`)
    expect(problems).toEqual([])
  })

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('fits a window %d pixels wide, %s, and is accessible', async (width, colorScheme) => {
    const { page, problems, says } = await openDemo({}, { viewport: { width, height: 800 }, colorScheme })
    await page.check('[name=count][value="50"]')
    await page.click('[data-as=rotating] button')
    await says('[data-as=rotating] .outcome', '100 admitted\n200 denied\n200 banned')
    await page.locator('#denials summary').first().click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    expect(violations).toEqual([])
    expect(problems).toEqual([])
  })
})
