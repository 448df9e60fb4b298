import assert from 'node:assert/strict'

import { describe, expect, it } from 'vitest'

import { adapterCases } from './adapter/adapter-cases.ts'
import { adapterConformance } from './adapter/adapter-conformance.ts'
import { answeringFaults } from './adapter/faulty/answering-faults.fixture.ts'
import { askingFaults } from './adapter/faulty/asking-faults.fixture.ts'
import { decidingFaults } from './adapter/faulty/deciding-faults.fixture.ts'
import { serveNodeHttp } from './adapter/faulty/node-http.fixture.ts'
import { runAdapterCase } from './adapter/run-adapter-case.ts'

const faults = Object.entries({ ...askingFaults, ...decidingFaults, ...answeringFaults })

adapterConformance('the reference adapter', serveNodeHttp)

/** Whether a case has found a fault, and is not itself at fault. */
function isVerdict(error: unknown): boolean {
  return !(error instanceof TypeError || error instanceof ReferenceError)
}

describe.concurrent.each(faults)('an adapter that %s', (_, [serve, ...caughtBy]) => {
  it.each(caughtBy)('fails the case: %s', async (name) => {
    await assert.rejects(runAdapterCase(name, serve), isVerdict)
  })
})

it('has a faulty adapter for every case', () => {
  const proven = new Set(faults.flatMap(([, [, ...caughtBy]]) => caughtBy))
  expect([...proven].toSorted()).toEqual(Object.keys(adapterCases).toSorted())
})
