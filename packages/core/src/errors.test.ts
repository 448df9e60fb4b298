import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { shown } from './errors.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('every code has a page, and every page a code', () => {
  const codes = read('errors.ts')
    .match(/'RL_\w+'/g)!
    .map((code) => code.slice(1, -1))
  const headings = [...read('../../../docs/errors.md').matchAll(/^### (\w+)$/gm)].map(([, code]) => code)
  expect(headings).toEqual(codes)
})

it('values are shown with their type, and cut where they are long', () => {
  expect([-1, 'x', Number.NaN, 2n, true, null, undefined, [], {}, () => 0].map(shown)).toEqual([
    '`-1` (number)',
    '`x` (string)',
    '`NaN` (number)',
    '`2` (bigint)',
    '`true` (boolean)',
    '`null`',
    'nothing',
    'an array',
    'an object',
    'a function',
  ])
  expect(shown('x'.repeat(1_000_000))).toBe(`\`${'x'.repeat(60)}…\` (string)`)
})
