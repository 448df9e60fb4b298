import { expect, it } from 'vitest'

import { attackDemo } from './attack.fixture.ts'
import { ATTACK } from './create-guard.ts'

it('keeps an attacker out within its first window, and costs those who ask beside it nothing', async () => {
  const { asked, lost, sent, letOn, told } = await attackDemo()
  expect(lost).toBe(0)
  expect(sent).toBeGreaterThan(ATTACK.threshold)
  expect(letOn).toBe(asked + ATTACK.threshold)
  expect(told).toMatch(/#abnormal-usage-detected Try again in \d+ s\.$/)
}, 60_000)
