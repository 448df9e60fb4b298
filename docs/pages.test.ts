import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { LimiterEvents, Store, StoreBackend } from '@rl/core'
import { expect, it } from 'vitest'

const SOURCES = fileURLToPath(new URL('../packages/core/src', import.meta.url))

/** What the first column of a table has in code, found by the heading that the table comes under. */
function namesUnder(page: string, heading: string): readonly string[] {
  const text = readFileSync(new URL(page, import.meta.url), 'utf8')
  const [section = ''] = text.split(`\n## ${heading}\n`)[1]?.split('\n## ') ?? []
  return [...section.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name!).toSorted()
}

it('has every member of a backend, and of a store, in writing-a-store.md', () => {
  const backend: Record<keyof StoreBackend, true> = { name: true, clock: true, read: true, update: true, close: true }
  const store: Record<keyof Store, true> = {
    size: true,
    prefix: true,
    consume: true,
    peek: true,
    refund: true,
    reset: true,
    ping: true,
    close: true,
  }
  expect(namesUnder('writing-a-store.md', 'What a backend promises')).toEqual(Object.keys(backend).toSorted())
  expect(namesUnder('writing-a-store.md', 'What a store promises')).toEqual(Object.keys(store).toSorted())
})

it('has every event of a limiter in operating.md', () => {
  const events: Record<keyof LimiterEvents, true> = {
    decision: true,
    block: true,
    storeCall: true,
    storeError: true,
    storeRecovered: true,
  }
  expect(namesUnder('operating.md', 'Events')).toEqual(Object.keys(events).toSorted())
})

it('has every event of the log in operating.md', () => {
  const sources = globSync('**/*.ts', { cwd: SOURCES, exclude: ['**/*.test.ts', '**/*.fixture.ts'] })
  const told = sources.flatMap((path) => [
    ...readFileSync(`${SOURCES}/${path}`, 'utf8').matchAll(/\bevent: '(?<event>\w+)'/g),
  ])
  expect(namesUnder('operating.md', 'The log')).toEqual(
    [...new Set(told.map(({ groups }) => groups!['event']!))].toSorted(),
  )
})
