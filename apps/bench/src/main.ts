// npm run bench -- [part …] [--quick] [--rounds N] [--keys N] [--update-docs]
import { parseArgs } from 'node:util'

import { environmentOf } from './environment.ts'
import { PART_NAMES, PARTS } from './parts.ts'
import type { PartName } from './parts.ts'
import { tableText } from './markdown.ts'
import { documentReport, saveReport } from './report.ts'
import { runRounds } from './rounds.ts'
import { SCALES } from './scale.ts'
import type { Scale } from './scale.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    keys: { type: 'string' },
    'update-docs': { type: 'boolean', default: false },
  },
})
const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ')
const scale: Scale = {
  ...(values.quick ? SCALES.quick : SCALES.full),
  ...(values.rounds !== undefined && { rounds: wholeNumber('rounds', values.rounds) }),
  ...(values.keys !== undefined && { mostKeys: wholeNumber('keys', values.keys) }),
}
const names = positionals.length > 0 ? positionals.map(partName) : PART_NAMES

for (const name of names) {
  const { packages, tables } = await PARTS[name]()
  const environment = environmentOf(command, packages)
  const results = []
  for (const table of tables.filter(({ isLeftOut }) => !isLeftOut?.(scale))) {
    process.stderr.write(`${name}: ${table.title} `)
    const rows = await runRounds(name, table, scale, () => process.stderr.write('.'))
    process.stderr.write('\n')
    console.log(`\n${tableText(table, rows)}\n`)
    results.push({ table, rows })
  }
  const report = { part: name, environment, results }
  saveReport(report)
  if (values['update-docs']) documentReport(report)
}

function partName(text: string): PartName {
  const name = PART_NAMES.find((one) => one === text)
  if (!name) fail(`Expected one of ${PART_NAMES.join(', ')}, got ${text}`)
  return name
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) fail(`Expected --${option} to be a whole number of at least 1, got ${text}`)
  return Number(text)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
