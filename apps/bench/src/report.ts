import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

import { environmentText } from './environment.ts'
import type { Environment } from './environment.ts'
import { tableText } from './markdown.ts'
import type { Table } from './part.ts'
import type { PartName } from './parts.ts'
import type { Row } from './rounds.ts'

/** What came of a part. */
export interface Report {
  readonly part: PartName
  readonly environment: Environment
  readonly results: { readonly table: Table; readonly rows: readonly Row[] }[]
}

export const DOCUMENT = new URL('../../../docs/benchmarks.md', import.meta.url)
const RESULTS = new URL('../results/', import.meta.url)

function reportText({ environment, results }: Report): string {
  const sections = results.map(({ table, rows }) => `### ${table.title}\n\n${tableText(table, rows)}`)
  return [environmentText(environment), ...sections].join('\n\n')
}

/** Writes the tables, and beside them what each round has measured. */
export function saveReport(report: Report): void {
  const { part, environment, results } = report
  const tables = results.map(({ table: { title, columns, base }, rows }) => ({ title, columns, base, rows }))
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(new URL(`${part}.md`, RESULTS), `${reportText(report)}\n`)
  writeFileSync(new URL(`${part}.json`, RESULTS), `${JSON.stringify({ part, environment, tables }, undefined, 2)}\n`)
}

/** Puts the tables into their place in docs/benchmarks.md. */
export function documentReport(report: Report): void {
  const place = placeOf(report.part)
  const text = readFileSync(DOCUMENT, 'utf8')
  if (!place.test(text)) throw new Error(`docs/benchmarks.md has no place for ${report.part}`)
  writeFileSync(
    DOCUMENT,
    text.replace(place, () => `\n${reportText(report)}\n\n`),
  )
}

/** Where the tables of a part are in the document. */
export function placeOf(part: PartName): RegExp {
  return new RegExp(`(?<=<!-- made by npm run bench -- ${part} --update-docs -->\\n)[^]*?(?=<!-- end -->)`)
}
