import { describe, expect, it } from 'vitest'

import { SeededRandom } from './seeded-random.ts'

describe('seeded random numbers', () => {
  it('are the same from the same seed, and others from the next', () => {
    const first = (seed: number) => {
      const random = new SeededRandom(seed)
      return Array.from({ length: 100 }, () => random.next())
    }
    expect(first(1)).toEqual(first(1))
    expect(first(1).filter((number) => first(2).includes(number))).toEqual([])
  })

  it('lie evenly between 0 and 1, also as the first of many seeds', () => {
    const numbers = Array.from({ length: 10_000 }, (_, seed) => new SeededRandom(seed).next())
    const tenths = Array.from({ length: 10 }, (_, tenth) => numbers.filter((n) => Math.floor(10 * n) === tenth).length)
    for (const count of tenths) {
      expect(count).toBeGreaterThan(900)
      expect(count).toBeLessThan(1100)
    }
  })
})
