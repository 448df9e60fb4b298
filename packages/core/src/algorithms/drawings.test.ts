import { readFileSync, writeFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { drawings } from './drawings.fixture.ts'

const DOCUMENT = new URL('../../../../docs/algorithms.md', import.meta.url)
const PLACE = /(?<=<!-- made by UPDATE_DOCS=1 npm test -- drawings -->\n\n)[^]*?(?=\n\n<!-- end -->)/

it('draws the algorithms in the documentation as they are', () => {
  const text = readFileSync(DOCUMENT, 'utf8')
  if (process.env['UPDATE_DOCS']) writeFileSync(DOCUMENT, text.replace(PLACE, drawings))
  else expect(PLACE.exec(text)?.[0]).toBe(drawings())
})
