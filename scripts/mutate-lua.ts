import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

import { createVitest } from 'vitest/node'
import type { Vitest } from 'vitest/node'

const SOURCES = 'packages/store-redis/lua'
const COPIES = '.stryker-tmp/lua'
const TESTS = ['twins', 'redis-store'].map((name) => `packages/store-redis/src/${name}.test.ts`)
const ALGORITHMS = ['fixed-window', 'sliding-window', 'sliding-window-counter', 'token-bucket']
const OF_ALL = ['decide', 'carefully', 'integers', 'expiry']
const SCRIPTS = [...['plain', 'algorithms'].flatMap((part) => ALGORITHMS.map((name) => `${part}/${name}`)), ...OF_ALL]

interface Mutant {
  readonly script: string
  readonly line: number
  readonly before: string
  readonly after: string
}

const REPLACEMENTS: readonly (readonly [RegExp, ...string[]])[] = [
  [/ < /g, ' <= ', ' >= '],
  [/ <= /g, ' < ', ' > '],
  [/ > /g, ' >= ', ' <= '],
  [/ >= /g, ' > ', ' < '],
  [/ == /g, ' ~= '],
  [/ ~= /g, ' == '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/ \* /g, ' / '],
  [/ \/ /g, ' * '],
  [/ and /g, ' or '],
  [/ or /g, ' and '],
  [/\bnot /g, ''],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/\bmin\(/g, 'max('],
  [/\bmax\(/g, 'min('],
  [/\bfloor\(/g, 'ceil('],
  [/\bceil\(/g, 'floor('],
]
const NUMBER = /(?<![\w.])\d+\b/g
/** A line that is a statement, or a field, without which the rest is still Lua. */
const STATEMENT =
  /^ *(?! |local |return \{|function |else|end|while |for .* do$|if .* then$)(.* = [^{]*|.*\)|(if|for) .* end|return (?!nil$).*)$/

function scriptsOf(name: string): readonly string[] {
  const scripts = SCRIPTS.filter((script) => script === name || basename(script) === name)
  if (scripts.length === 0) throw new Error(`Expected one of ${SCRIPTS.join(', ')}, got ${name}`)
  return scripts
}

function mutantsOf(script: string): Mutant[] {
  const lines = readFileSync(`${SOURCES}/${script}.lua`, 'utf8').split('\n')
  return lines.flatMap((before, i) => {
    const variants = new Set(/^ *--/.test(before) ? [] : variantsOf(before))
    if (STATEMENT.test(before) && isWhole(before) && !lines[i - 1]?.endsWith(' =')) variants.add('')
    return [...variants].map((after) => ({ script, line: i + 1, before, after }))
  })
}

/** The line with one thing changed, wherever that is not within a string. */
function variantsOf(line: string): string[] {
  const changes = [
    ...REPLACEMENTS.flatMap(([from, ...to]) => [...line.matchAll(from)].map((match) => ({ match, to }))),
    ...[...line.matchAll(NUMBER)].map((match) => ({ match, to: [1, -1].map((by) => String(Number(match[0]) + by)) })),
  ]
  return changes.flatMap(({ match: { 0: from, index }, to }) =>
    line.slice(0, index).split("'").length % 2 === 0
      ? []
      : to.map((text) => line.slice(0, index) + text + line.slice(index + from.length)),
  )
}

function isWhole(line: string): boolean {
  return ['()', '{}'].every(([open, close]) => line.split(open!).length === line.split(close!).length)
}

/** Vitest, on the copies of the scripts. */
function openVitest(): Promise<Vitest> {
  return createVitest(
    {
      config: 'scripts/mutate.vitest.ts',
      include: TESTS,
      watch: false,
      bail: 1,
      maxWorkers: 1,
      testTimeout: 20_000,
      reporters: [{}],
    },
    {
      plugins: [
        {
          name: 'lua-copies',
          transform: (code: string, id: string) =>
            id.endsWith('/decide-script.ts') ? code.replace('../lua/', `../../../${COPIES}/`) : undefined,
        },
      ],
    },
  )
}

/** Whether a test fails. */
async function isNoticed(vitest: Vitest, test: string, name = ''): Promise<boolean> {
  vitest.setGlobalTestNamePattern(name)
  const run = await vitest.runTestSpecifications(await vitest.globTestSpecifications([test]))
  // It tells also of what was run before, as it was then.
  const modules = run.testModules.filter(({ moduleId }) => moduleId.endsWith(test))
  return run.unhandledErrors.length > 0 || modules.length === 0 || !modules.every((module) => module.ok())
}

/** Which test notices the mutant, counted from 0; -1 if none does. */
async function firstToNotice(vitest: Vitest, { script, line, after }: Mutant): Promise<number> {
  const lines = readFileSync(`${SOURCES}/${script}.lua`, 'utf8').split('\n')
  writeFileSync(`${COPIES}/${script}.lua`, lines.with(line - 1, after).join('\n'))
  try {
    // What all algorithms run through: the whole of the first test.
    const twin = OF_ALL.includes(script) ? '' : `${basename(script)}.lua`
    if (await isNoticed(vitest, TESTS[0]!, twin)) return 0
    return (await isNoticed(vitest, TESTS[1]!)) ? 1 : -1
  } finally {
    cpSync(`${SOURCES}/${script}.lua`, `${COPIES}/${script}.lua`)
  }
}

/**
 * What Stryker does for TypeScript, for the scripts that run within Redis. Each is changed in one place at a time, and the
 * tests of the Redis store are run on it: first the one that holds it to its TypeScript twin.
 *
 * @param only Names of some scripts; an algorithm's is that of two. @default all of them
 */
export async function mutateLua(only: readonly string[]): Promise<void> {
  const scripts = only.length > 0 ? only.flatMap(scriptsOf) : SCRIPTS
  cpSync(SOURCES, COPIES, { recursive: true })
  const vitest = await openVitest()
  for (const test of TESTS) {
    if (await isNoticed(vitest, test)) throw new Error(`Expected ${test} to pass on the scripts as they are`)
  }
  const table = []
  for (const script of scripts) {
    const counts: [byTwin: number, byOthers: number, missed: number] = [0, 0, 0]
    for (const mutant of mutantsOf(script)) {
      const noticed = await firstToNotice(vitest, mutant)
      counts[noticed < 0 ? 2 : (noticed as 0 | 1)] += 1
      if (noticed < 0) console.log(`\n${script}.lua:${mutant.line}\n- ${mutant.before}\n+ ${mutant.after}`)
    }
    // Else it would not be the mutants that were noticed.
    if (await isNoticed(vitest, TESTS[0]!)) throw new Error(`Expected ${TESTS[0]} to pass still, after ${script}`)
    const [byTwin, byOthers, missed] = counts
    const score = ((100 * (byTwin + byOthers)) / (byTwin + byOthers + missed)).toFixed(1)
    table.push({ script, score: `${score} %`, 'by its twin': byTwin, 'by other tests': byOthers, missed })
  }
  console.table(table)
  await vitest.close()
  // A mutant that fails its tests is a success.
  process.exitCode = 0
}
