import { describe, expect, it } from 'vitest'

import { askEach, checkContender } from './contender.ts'
import type { Contender } from './contender.ts'
import { mapCounter } from './memory/floors.ts'

const contender = (make: Contender['make']): Contender => ({ name: 'somebody', make })

describe('checkContender', () => {
  it('accepts who admits three of each key', async () => {
    await expect(checkContender(mapCounter, undefined)).resolves.toBeUndefined()
  })

  it.each([
    ['counts nothing', () => askEach(() => true)],
    ['denies everything', () => askEach(() => false)],
    [
      'takes all keys for one',
      (quota) => {
        const counter = mapCounter.make(quota, undefined)
        return async () => (await counter)(['the same'])
      },
    ],
    ['admits one too many', ({ quota, windowMs }) => mapCounter.make({ quota: quota + 1, windowMs }, undefined)],
  ] satisfies [string, Contender['make']][])('refuses who %s', async (_, make) => {
    await expect(checkContender(contender(make), undefined)).rejects.toThrow('Expected somebody, at 3 an hour')
  })

  it('refuses a floor which is to admit everything, and does not', async () => {
    await expect(checkContender({ ...mapCounter, decides: false }, undefined)).rejects.toThrow('admit 6')
  })
})
