import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

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

/** A page, and what went wrong on it: errors, requests that failed or went elsewhere, what the policy has blocked. */
export interface WatchedPage {
  readonly page: Page
  readonly problems: string[]
}

/** Starts Chromium: the system's own, since no npm package brings one. */
export async function startChromium(): Promise<Browser> {
  try {
    return await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS })
  } catch (error) {
    throw new Error(
      `There is no Chromium at ${EXECUTABLE}: \`sudo apt-get install chromium\`, or say where one is by CHROMIUM_PATH`,
      { cause: error },
    )
  }
}

/** Opens a page in a profile of its own. */
export async function openPage(browser: Browser, url: string, options?: BrowserContextOptions): Promise<WatchedPage> {
  const page = await (await browser.newContext(options)).newPage()
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
    if (!request.url().startsWith(url)) problems.push(`elsewhere: ${request.url()}`)
  })
  await page.goto(url)
  return { page, problems }
}
