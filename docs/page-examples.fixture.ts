import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll } from 'vitest'

export type Side = 'before' | 'after'

const EXAMPLES = fileURLToPath(new URL('.examples', import.meta.url))
const PAIR =
  /^<!-- pair: (?<name>.+) -->\s+Before:\s+```ts\n(?<before>[^]*?)^```\s+After:\s+```ts\n(?<after>[^]*?)^```/gm

/** The pairs of examples on a page, each `<!-- pair: name -->`, before and after, to be run as they stand. */
export class PageExamples {
  readonly #pairs: ReadonlyMap<string, Readonly<Record<Side, string>>>
  readonly #folder: string

  constructor(page: URL) {
    const pairs = readFileSync(page, 'utf8').matchAll(PAIR)
    this.#pairs = new Map(Array.from(pairs, ({ groups }) => [groups!['name']!, groups as Record<Side, string>]))
    mkdirSync(EXAMPLES, { recursive: true })
    this.#folder = mkdtempSync(join(EXAMPLES, 'run-'))
    afterAll(() => rmSync(this.#folder, { recursive: true, force: true }))
  }

  get names(): readonly string[] {
    return [...this.#pairs.keys()]
  }

  /** What an example exports. */
  async run(name: string, side: Side): Promise<unknown> {
    const path = join(this.#folder, `${name.replaceAll(/\W+/g, '-')}.${side}.ts`)
    writeFileSync(path, this.#pairs.get(name)![side])
    return import(path)
  }
}
