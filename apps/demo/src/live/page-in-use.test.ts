import { startRedis } from '@rl/test-servers'
import { expect, it } from 'vitest'

import { useChromium } from './use-chromium.fixture.ts'

const openDemo = useChromium()

it('can be used by keyboard alone', async () => {
  const { page, problems, says } = await openDemo()
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
  await says('[data-as=free] .outcome', '50 admitted\n0 denied')
  await page.waitForSelector('[data-as=free]:not(.is-under-way)')
  await page.keyboard.press('Space')
  await says('[data-as=free] .outcome', '10 admitted\n40 denied')
  for (let i = 0; i < 6; i++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await page.innerText('#denials pre')).toContain('429 Too Many Requests')
  expect(problems).toEqual([])
})

it('connects again by itself, and has missed nothing', async () => {
  const { demo, page, problems, says } = await openDemo()
  await page.click('[data-as=free] button')
  await says('[data-as=free] .outcome', '60 admitted\n90 denied')
  expect(problems).toEqual([])
  await demo.goAway()
  await says('#connection', 'connecting again …')
  await demo.comeBack()
  await fetch(`${demo.origin}/api/data`, { headers: { 'x-api-key': 'premium-key' } })
  await says('#connection', 'live')
  await says('#total', 'The limiter has decided since it was started: 61 admitted, 90 denied.')
  // Nobody was there to answer; of anything else there was nothing.
  expect(
    problems.filter((problem) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|\/demo\/events/.test(problem)),
  ).toEqual([])
})

it('says within a second that Redis was killed, and recovers by itself', async () => {
  const redis = await startRedis()
  const { page, problems, says, parts, ends } = await openDemo({ STORE: 'redis', REDIS_URL: redis.url })
  ends.push(() => redis.stop())
  await says('#store-status', 'healthy')
  const saysSo = page.locator('#store-status[data-status=degraded]').waitFor()
  const killedAt = performance.now()
  await redis.kill('SIGKILL')
  await saysSo
  expect(performance.now() - killedAt).toBeLessThan(1000)
  // Enough to make the limiter leave the store alone: with no more traffic, nobody but the page would try it again.
  await page.click('[data-as=free] button')
  await says('[data-as=free] .outcome', '150 admitted\n0 denied')
  expect(await parts('[data-key=free-key]', 'left')).toEqual(['not counted'])
  await redis.restart()
  await says('#store-status', 'healthy')
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

it('takes two quick presses for one', async () => {
  const { page, problems, says } = await openDemo()
  await page.check('[name=count][value="5000"]')
  // Before the page can hear that a burst is under way.
  await page.evaluate(`for (let i = 0; i < 2; i++) document.querySelector('[data-as=admin] button').click()`)
  await says('[data-as=admin] [data-part=rate]', 'stop')
  await page.click('[data-as=admin] button')
  await says('[data-as=admin] .outcome', /stopped$/)
  expect(problems.filter((problem) => !problem.includes('ERR_ABORTED'))).toEqual([])
})

it('stops a burst at a second press', async () => {
  const { page, problems, says } = await openDemo()
  await page.check('[name=count][value="5000"]')
  await page.click('[data-as=admin] button')
  await page.waitForSelector('[data-as=admin].is-under-way')
  await page.click('[data-as=admin] button')
  await says('[data-as=admin] .outcome', /stopped$/)
  expect(problems.filter((problem) => !problem.includes('ERR_ABORTED'))).toEqual([])
})
