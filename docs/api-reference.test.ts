import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, it, onTestFinished } from 'vitest'

import { writeApiReference } from './api-reference.fixture.ts'

const PAGES = fileURLToPath(new URL('api', import.meta.url))

it('is what UPDATE_DOCS=1 npm test -- api-reference makes of the sources', { timeout: 120_000 }, async () => {
  if (process.env['UPDATE_DOCS']) {
    rmSync(PAGES, { recursive: true, force: true })
    await writeApiReference(PAGES)
  }
  const fresh = mkdtempSync(join(tmpdir(), 'rl-api-reference-'))
  onTestFinished(() => rmSync(fresh, { recursive: true }))
  await writeApiReference(fresh)
  expect(pagesIn(PAGES)).toEqual(pagesIn(fresh))
})

function pagesIn(folder: string): Readonly<Record<string, string>> {
  const pages = globSync('*.md', { cwd: folder }).toSorted()
  return Object.fromEntries(pages.map((page) => [basename(page), readFileSync(join(folder, page), 'utf8')]))
}
