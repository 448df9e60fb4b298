import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, it, onTestFinished } from 'vitest'
import { startVitest } from 'vitest/node'

import { ReferenceStore } from './reference-store.ts'
import { runStoreCase } from './run-store-case.ts'
import type { MakeStore } from './run-store-case.ts'
import { storeCases } from './store-cases.ts'
import { storeConformance } from './store-conformance.ts'

const make: MakeStore = (context) => new ReferenceStore(context)

storeConformance('the reference store', make)

it('shows a skipped case as skipped, with the reason, and runs all others', { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rl-conformance-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'skipping.test.ts')
  await writeFile(
    file,
    `import { ReferenceStore } from '${pathOf('./reference-store.ts')}'
     import { storeConformance } from '${pathOf('./store-conformance.ts')}'
     storeConformance('a store', (context) => new ReferenceStore(context), { skip: { 'answers a ping': 'no network' } })`,
  )
  const vitest = await startVitest([], { root: pathOf('../../..'), include: [file], watch: false, reporters: [{}] })
  onTestFinished(() => vitest.close())
  const tests = vitest.state.getTestModules().flatMap(({ children }) => [...children.allTests()])
  const titles = (state: string): string[] =>
    tests.filter((test) => test.result().state === state).map(({ name }) => name)
  expect(titles('skipped')).toEqual(['answers a ping (skipped: no network)'])
  expect(titles('passed')).toEqual(Object.keys(storeCases).filter((name) => name !== 'answers a ping'))
})

it('refuses to skip a case that does not exist', () => {
  // @ts-expect-error: the name of a case is known.
  expect(() => storeConformance('a store', make, { skip: { 'answers a pong': 'no network' } })).toThrow(
    expect.objectContaining({
      code: 'RL_UNKNOWN_OPTION',
      message: expect.stringContaining('`answers a pong`') as string,
    }),
  )
})

it('refuses an option that it does not know', () => {
  // @ts-expect-error: the names of the options are known.
  expect(() => storeConformance('a store', make, { skipp: {} })).toThrow(
    expect.objectContaining({ code: 'RL_UNKNOWN_OPTION' }),
  )
})

it.each([Number.NaN, 0, -1, 1.5, Infinity])('refuses to run %d histories', async (runs) => {
  const error = expect.objectContaining({ code: 'RL_INVALID_OPTION' }) as Error
  expect(() => storeConformance('a store', make, { runs })).toThrow(error)
  await expect(runStoreCase('answers a ping', make, { runs })).rejects.toThrow(error)
})

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
