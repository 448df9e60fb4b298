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

/** The figure that an aim is about. */
export function figureFor({ measure, per, atLeast }: Aim, row: Row, rows: readonly Row[]): Figure | undefined {
  if (per === undefined) return figureOf(row, measure)
  const ratios = [per].flat().flatMap((name) => {
    const base = rows.find((one) => one.row === name)
    if (!base) throw new RangeError(`There is no row ${name}`)
    return ratioOf(row, base, measure) ?? []
  })
  // To be above the best of several is to be above the least multiple.
  const byMedian = ratios.toSorted((a, b) => a.median - b.median)
  return atLeast === undefined ? byMedian.at(-1) : byMedian[0]
}

export function isMet({ atMost = Infinity, atLeast = -Infinity }: Aim, { median }: Figure): boolean {
  return median <= atMost && median >= atLeast
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
