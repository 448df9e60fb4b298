import assert from 'node:assert/strict'

import { describe, expect, it } from 'vitest'

import { countingFaults } from './faulty/counting-faults.fixture.ts'
import { inputFaults } from './faulty/input-faults.fixture.ts'
import { keepingFaults } from './faulty/keeping-faults.fixture.ts'
import { timeFaults } from './faulty/time-faults.fixture.ts'
import { runStoreCase } from './run-store-case.ts'
import { storeCases } from './store-cases.ts'

const faults = Object.entries({ ...countingFaults, ...timeFaults, ...keepingFaults, ...inputFaults })

describe.each(faults)('a store that %s', (_, [make, ...caughtBy]) => {
  it.each(caughtBy)('fails the case: %s', async (name) => {
    await assert.rejects(runStoreCase(name, make))
  })
})

it('has a faulty store for every case', () => {
  const proven = new Set(faults.flatMap(([, [, ...caughtBy]]) => caughtBy))
  expect([...proven].toSorted()).toEqual(Object.keys(storeCases).toSorted())
})
