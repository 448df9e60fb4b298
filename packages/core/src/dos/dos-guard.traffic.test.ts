import { expect, it } from 'vitest'

import { attackers, innocents, simulate } from './traffic.fixture.ts'

it.each([
  ['nobody else', 0],
  ['more others than it can count', 300_000],
])('finds all attackers, and no innocent, among %s', (_whom, others) => {
  const everybody = [...innocents(20_000), ...attackers(20)]
  simulate(everybody, 1, others, { maxBytes: 2 ** 20, seed: 1 })
  const innocent = everybody.filter(({ group }) => group === 'innocent')
  const guilty = everybody.filter(({ group }) => group !== 'innocent')
  expect(innocent.filter(({ isFound }) => isFound)).toEqual([])
  expect(guilty.filter(({ isFound }) => !isFound)).toEqual([])
  // Never too early.
  for (const { sent, most } of guilty) expect(sent).toBeGreaterThanOrEqual(most)
})

it('finds each attacker with the very request, where there is room', () => {
  const guilty = attackers(20)
  simulate(guilty, 1, 0, { maxBytes: 2 ** 24 })
  for (const { group, sent, most } of guilty) expect([group, sent]).toEqual([group, most])
})
