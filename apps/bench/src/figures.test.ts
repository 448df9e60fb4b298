import { describe, expect, it } from 'vitest'

import { figureFor, figureOf, isMet, ratioOf } from './figures.ts'
import type { Row } from './rounds.ts'

const row = (name: string, ...values: readonly number[]): Row => ({
  row: name,
  rounds: values.map((cpuNs) => ({ cpuNs })),
})

describe('a figure', () => {
  it('is the median of the rounds, between the least and the most', () => {
    expect(figureOf(row('a', 9, 1, 5), 'cpuNs')).toEqual({ median: 5, least: 1, most: 9 })
    expect(figureOf(row('a', 4, 1, 9, 2), 'cpuNs')).toEqual({ median: 3, least: 1, most: 9 })
  })

  it('is not there where nothing was measured', () => {
    expect(figureOf(row('a', 1), 'wallNs')).toBeUndefined()
  })

  it('is compared within a round, since the machine is not as fast in all of them', () => {
    expect(ratioOf(row('a', 20, 200, 30), row('base', 10, 100, 10), 'cpuNs')).toEqual({ median: 2, least: 2, most: 3 })
  })
})

describe('an aim', () => {
  const rows = [row('ours', 12), row('slow', 24), row('fast', 8)]

  it('is about the figure itself, or a multiple of another row', () => {
    expect(figureFor({ measure: 'cpuNs', atMost: 10 }, rows[0]!, rows)?.median).toBe(12)
    expect(figureFor({ measure: 'cpuNs', per: 'slow', atMost: 1 }, rows[0]!, rows)?.median).toBe(0.5)
  })

  it('is about the best of several rows: the least where little is good, the most where much is', () => {
    const per = ['slow', 'fast']
    expect(figureFor({ measure: 'cpuNs', per, atMost: 1 }, rows[0]!, rows)?.median).toBe(1.5)
    expect(figureFor({ measure: 'cpuNs', per, atLeast: 1 }, rows[0]!, rows)?.median).toBe(0.5)
  })

  it('cannot be about a row that is not there', () => {
    expect(() => figureFor({ measure: 'cpuNs', per: 'nobody', atMost: 1 }, rows[0]!, rows)).toThrow('nobody')
  })

  it('is met on its very bound, and not beyond', () => {
    const figure = (median: number) => ({ median, least: median, most: median })
    const aim = { measure: 'cpuNs', atMost: 2, atLeast: 1 }
    expect([0.99, 1, 2, 2.01].map((median) => isMet(aim, figure(median)))).toEqual([false, true, true, false])
  })
})
