import { readFileSync, writeFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { adapterCases } from './adapter/adapter-cases.ts'
import { answeringFaults } from './adapter/faulty/answering-faults.fixture.ts'
import { askingFaults } from './adapter/faulty/asking-faults.fixture.ts'
import { decidingFaults } from './adapter/faulty/deciding-faults.fixture.ts'
import { countingFaults } from './faulty/counting-faults.fixture.ts'
import { inputFaults } from './faulty/input-faults.fixture.ts'
import { keepingFaults } from './faulty/keeping-faults.fixture.ts'
import { timeFaults } from './faulty/time-faults.fixture.ts'
import { storeCases } from './store-cases.ts'

/** By what is wrong with them: what makes one, and the cases that catch it. */
type Faults = Readonly<Record<string, readonly [make: unknown, ...caughtBy: string[]]>>

const DOCUMENT = new URL('../../../docs/conformance.md', import.meta.url)
const PLACE = /(?<=<!-- made by UPDATE_DOCS=1 npm test -- conformance-page -->\n\n)[^]*?(?=\n\n<!-- end -->)/

it('lists the faulty stores and adapters in the documentation, each with what catches it', () => {
  const text = readFileSync(DOCUMENT, 'utf8')
  if (process.env['UPDATE_DOCS']) writeFileSync(DOCUMENT, text.replace(PLACE, lists))
  else expect(PLACE.exec(text)?.[0]).toBe(lists())
})

function lists(): string {
  return [
    section('store', Object.keys(storeCases).length, {
      'Counts wrong': countingFaults,
      'Misreads the time': timeFaults,
      'Keeps the wrong thing': keepingFaults,
      'Takes what it should refuse': inputFaults,
    }),
    section('adapter', Object.keys(adapterCases).length, {
      'Asks wrong': askingFaults,
      'Decides wrong': decidingFaults,
      'Answers wrong': answeringFaults,
    }),
  ].join('\n\n')
}

function section(what: 'store' | 'adapter', cases: number, kinds: Readonly<Record<string, Faults>>): string {
  const count = Object.values(kinds).flatMap(Object.keys).length
  return [
    `## Faulty ${what}s`,
    `${count} ${what}s, each right in all but one thing, and ${cases} cases, each of which catches at least one of them.`,
    ...Object.entries(kinds).flatMap(([kind, faults]) => [`### ${kind}`, `A faulty ${what} …`, list(faults)]),
  ].join('\n\n')
}

function list(faults: Faults): string {
  return Object.entries(faults)
    .map(([fault, [, ...caughtBy]]) => `- **${fault}**: ${caughtBy.map((name) => `_${name}_`).join('; ')}`)
    .join('\n')
}
