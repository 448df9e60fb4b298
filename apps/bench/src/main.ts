// npm run bench -- [part …] [--quick] [--rounds N] [--keys N] [--update-docs]
import { parseArgs } from 'node:util'

import { environmentOf } from './environment.ts'
import { tableText } from './markdown.ts'
import { PART_NAMES, PARTS } from './parts.ts'
import type { PartName } from './parts.ts'
import { documentReport, saveReport } from './report.ts'
import type { Report } from './report.ts'
import { runRounds } from './rounds.ts'
import { SCALES } from './scale.ts'
import type { Scale } from './scale.ts'

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  keys: { type: 'string' },
  'update-docs': { type: 'boolean', default: false },
} as const

async function main(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
  const { quick, rounds, keys, 'update-docs': updatesDocs } = values
  const scale: Scale = {
    ...(quick ? SCALES.quick : SCALES.full),
    ...(rounds !== undefined && { rounds: wholeNumber('rounds', rounds) }),
    ...(keys !== undefined && { mostKeys: wholeNumber('keys', keys) }),
  }
  const parts = positionals.length > 0 ? positionals.map(partName) : PART_NAMES
  const command = ['npm run bench', ...(args.length > 0 ? ['--'] : []), ...args].join(' ')

  for (const part of parts) {
    const report = await run(part, scale, command)
    if (updatesDocs) documentReport(report)
  }
}

/** Measures one part, and shows and saves each table as soon as it is there. */
async function run(part: PartName, scale: Scale, command: string): Promise<Report> {
  const { packages, tables } = await PARTS[part]()
  const report: Report = { part, environment: environmentOf(command, packages), results: [] }
  for (const table of tables) {
    const why = table.leftOut?.(scale)
    console.log(`${part}: ${table.title}${why === undefined ? '' : ` (left out: ${why})`}`)
    if (why !== undefined) continue
    const rows = await runRounds(part, table, scale, () => process.stderr.write('.'))
    process.stderr.write('\n')
    console.log(`\n${tableText(table, rows)}\n`)
    report.results.push({ table, rows })
    saveReport(report)
  }
  return report
}

function partName(text: string): PartName {
  const name = PART_NAMES.find((one) => one === text)
  if (!name) throw new RangeError(`Expected one of ${PART_NAMES.join(', ')}, got ${text}`)
  return name
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`Expected --${option} to be a whole number from 1 on, got ${text}`)
  return Number(text)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error && error.cause === undefined ? error.message : error)
  process.exit(1)
})
