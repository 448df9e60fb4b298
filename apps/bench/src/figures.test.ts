import { describe, expect, it } from 'vitest'

import { figureFor, figureOf, isMet, ratioOf } from './figures.ts'
import type { Aim } from './part.ts'
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

const aim = (sign: Aim['sign'], bound: number, rest: Partial<Aim> = {}): Aim => ({
  measure: 'cpuNs',
  sign,
  bound,
  ...rest,
})

describe('an aim', () => {
  const rows = [row('ours', 12), row('slow', 24), row('fast', 8)]

  it('is about the figure itself, or a multiple of another row', () => {
    expect(figureFor(aim('≤', 10), rows[0]!, rows).median).toBe(12)
    expect(figureFor(aim('≤', 1, { per: 'slow' }), rows[0]!, rows).median).toBe(0.5)
  })

  it('is about the best of several rows: the least where little is good, the most where much is', () => {
    const per = ['slow', 'fast']
    expect(figureFor(aim('≤', 1, { per }), rows[0]!, rows).median).toBe(1.5)
    expect(figureFor(aim('≥', 1, { per }), rows[0]!, rows).median).toBe(0.5)
  })

  it('cannot be about a row that is not there', () => {
    expect(() => figureFor(aim('≤', 1, { per: 'nobody' }), rows[0]!, rows)).toThrow('nobody')
  })

  it('is about whoever is the best in each round, who need not be the same', () => {
    const inTurns = [row('ours', 10, 10, 10), row('a', 20, 5, 20), row('b', 5, 20, 20)]
    const figure = figureFor(aim('≥', 1, { per: ['a', 'b'] }), inTurns[0]!, inTurns)
    expect(figure).toEqual({ median: 0.5, least: 0.5, most: 0.5 })
  })

  it('cannot be about what nobody has measured', () => {
    expect(() => figureFor(aim('≤', 1, { measure: 'cpuMs' }), rows[0]!, rows)).toThrow('cpuMs')
    const timed = { row: 'timed', rounds: [{ cpuMs: 1 }] }
    const per = ['slow', 'timed']
    expect(() => figureFor(aim('≤', 1, { measure: 'cpuMs', per }), timed, [...rows, timed])).toThrow('cpuMs')
  })

  it.each([
    ['≤', [true, true, false]],
    ['≥', [false, true, true]],
    ['=', [false, true, false]],
  ] as const)('is met on its very bound, and beyond it only on one side: %s', (sign, expected) => {
    const figure = (median: number) => ({ median, least: median, most: median })
    expect([1.99, 2, 2.01].map((median) => isMet(aim(sign, 2), figure(median)))).toEqual(expected)
  })

  it('may have to be met in every round', () => {
    const figure = { median: 2, least: 1, most: 3 }
    const always = { inEveryRound: true } as const
    expect([isMet(aim('≤', 2), figure), isMet(aim('≤', 2, always), figure)]).toEqual([true, false])
    expect([isMet(aim('≥', 2), figure), isMet(aim('≥', 2, always), figure)]).toEqual([true, false])
  })
})
