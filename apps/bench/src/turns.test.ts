import { expect, it } from 'vitest'

import { takeTurns } from './turns.ts'

it('lets each be early as often as late, and only one at a time', async () => {
  const taken: string[] = []
  await takeTurns(4, ['a', 'b', 'c'], async (one) => {
    taken.push(`${one} begins`)
    await Promise.resolve()
    taken.push(`${one} ends`)
  })
  const order = taken.filter((_, i) => i % 2 === 0).map((text) => text.charAt(0))
  expect(order.join('')).toBe('abccbaabccba')
  expect(taken.every((text, i) => i % 2 === 0 || text === taken[i - 1]!.replace('begins', 'ends'))).toBe(true)
})
