import type { Aim } from './part.ts'
import type { Row } from './rounds.ts'

/** A figure from several rounds. */
export interface Figure {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Of what each round has measured. Nothing if this row does not measure it. */
export function figureOf({ rounds }: Row, measure: string): Figure | undefined {
  return summary(rounds.map((measures) => measures[measure]))
}

/** As a multiple of what another row has measured in the same round. */
export function ratioOf(row: Row, base: Row, measure: string): Figure | undefined {
  return summary(row.rounds.map((measures, i) => quotient(measures[measure], base.rounds[i]?.[measure])))
}

/**
 * The figure that an aim is about.
 *
 * @throws {RangeError} if there is no such row, or nothing was measured.
 */
export function figureFor({ measure, per, sign }: Aim, row: Row, rows: readonly Row[]): Figure {
  const figure =
    per === undefined ? figureOf(row, measure) : ratioOf(row, bestOf(measure, sign, [per].flat(), rows), measure)
  if (!figure || Number.isNaN(figure.median))
    throw new RangeError(`Nobody has measured ${measure} for the aim of ${row.row}`)
  return figure
}

/** Whoever is the best of several in a round, round by round. */
function bestOf(measure: string, sign: Aim['sign'], names: readonly string[], rows: readonly Row[]): Row {
  const several = names.map((name) => {
    const found = rows.find(({ row }) => row === name)
    if (!found) throw new RangeError(`There is no row ${name}`)
    return found
  })
  const best = sign === '≥' ? Math.max : Math.min
  const rounds = several[0]!.rounds.map((_, i) => ({
    [measure]: best(...several.map((one) => one.rounds[i]![measure] ?? NaN)),
  }))
  return { row: names.join(', '), rounds }
}

/** What of a figure has to reach the bound: the median, or the worst of all rounds. */
export function decisive({ sign, inEveryRound }: Aim, { median, least, most }: Figure): number {
  if (!inEveryRound) return median
  return sign === '≥' ? least : most
}

export function isMet(aim: Aim, figure: Figure): boolean {
  const value = decisive(aim, figure)
  if (aim.sign === '=') return value === aim.bound
  return aim.sign === '≥' ? value >= aim.bound : value <= aim.bound
}

function quotient(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b
}

function summary(values: readonly (number | undefined)[]): Figure | undefined {
  const ascending = values.filter((value) => value !== undefined).toSorted((a, b) => a - b)
  if (ascending.length === 0) return undefined
  const middle = (ascending.length - 1) / 2
  const median = (ascending[Math.floor(middle)]! + ascending[Math.ceil(middle)]!) / 2
  return { median, least: ascending[0]!, most: ascending.at(-1)! }
}
