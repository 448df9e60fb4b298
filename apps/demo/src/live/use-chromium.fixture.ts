import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'

import { serveDemo } from './serve-demo.fixture.ts'
import type { ServedDemo } from './serve-demo.fixture.ts'

const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The demo with its page open in a browser. */
export interface OpenDemo {
  readonly demo: ServedDemo
  readonly page: Page
  /** What went wrong on the page: errors, requests that failed or went elsewhere, what its policy has blocked. */
  readonly problems: string[]
  /** Waits until an element says so. */
  says: (selector: string, expected: string | RegExp) => Promise<void>
  /** The texts of the parts of an element. */
  parts: (selector: string, ...names: string[]) => Promise<string[]>
  /** Undone when the test is over, before the page and the demo. */
  readonly ends: (() => Promise<unknown>)[]
}

/** A Chromium for the tests of a file; the function that is returned serves the demo and opens its page. */
export function useChromium(): (env?: NodeJS.ProcessEnv, options?: BrowserContextOptions) => Promise<OpenDemo> {
  let browser: Browser
  const ends: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    browser = await startChromium()
  })
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
  afterAll(() => browser.close())

  return async function openDemo(env = {}, options = {}) {
    const demo = await serveDemo(env)
    ends.push(() => demo.close())
    const context = await browser.newContext(options)
    ends.push(() => context.close())
    const page = await context.newPage()
    const problems = problemsOn(page, demo.origin)
    const says: OpenDemo['says'] = async (selector, expected) => {
      await expect
        .poll(() => page.innerText(selector), { timeout: 10_000, interval: 20 })
        .toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected))
    }
    const parts: OpenDemo['parts'] = async (selector, ...names) => {
      const element = page.locator(selector)
      return Promise.all(names.map((name) => element.locator(`[data-part=${name}]`).innerText()))
    }
    await page.goto(demo.origin)
    await says('#connection', 'live')
    return { demo, page, problems, says, parts, ends }
  }
}

/** Starts Chromium: the system's own, since no npm package brings one. */
async function startChromium(): Promise<Browser> {
  try {
    return await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS })
  } catch (error) {
    throw new Error(
      `There is no Chromium at ${EXECUTABLE}: \`sudo apt-get install chromium\`, or say where one is by CHROMIUM_PATH`,
      { cause: error },
    )
  }
}

function problemsOn(page: Page, origin: string): string[] {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`))
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.url()}: ${response.status()}`)
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) problems.push(`elsewhere: ${request.url()}`)
  })
  return problems
}
