import { SCALES } from './scale.ts'
import type { Scale } from './scale.ts'

/** What a cell has measured, by name; a table's columns say what the names mean. */
export type Measures = Readonly<Record<string, number>>

/** What a figure is to come to. */
export interface Aim {
  readonly measure: string
  /** Of this row, or of the best of these, the figure is taken as a multiple. @default none, the figure itself */
  readonly per?: string | readonly string[]
  readonly sign: '≤' | '≥' | '='
  readonly bound: number
  /** Whether each round has to reach it, as where the measure is the worst that happened. @default false, the median */
  readonly inEveryRound?: true
}

/** One contender at one task. */
export interface Entry {
  readonly row: string
  readonly aims?: readonly Aim[]
}

/** One that is measured alone. It runs in a process of its own, several times. */
export interface Cell extends Entry {
  /** Measures, and throws if the contender has not decided as it should. */
  readonly run: (scale: Scale) => Promise<Measures>
}

/** One that takes turns with the others: it has a process of its own as well, and all of them are there for the whole round. */
export interface CellInTurns extends Entry {
  /** Makes ready what is to be measured. */
  readonly open: (scale: Scale) => Promise<Turns>
}

/** What is being measured, turn by turn. */
export interface Turns {
  readonly take: () => Promise<void>
  /** What all turns have come to. Throws if the contender has not decided as it should. */
  readonly end: () => Promise<Measures>
}

/** One task, and all who are measured at it: each of them alone, or in turns, so that they share what befalls the machine. */
export type Table = Head & (EachAlone | InTurns)

interface EachAlone {
  readonly cells: readonly Cell[]
  readonly turns?: never
}

interface InTurns {
  readonly cells: readonly CellInTurns[]
  /** How many each of them takes in a round. */
  readonly turns: number
}

interface Head {
  readonly title: string
  /** What is shown, by the measure's name. */
  readonly columns: Readonly<Record<string, string>>
  /** Of which row's figure all others are shown as a multiple. @default none is shown */
  readonly base?: { readonly row: string; readonly measure: string }
  /** Options of Node. */
  readonly nodeOptions?: readonly string[]
  /** @default those of the scale */
  readonly rounds?: number
  /** Why it is left out, if it is. @default it never is */
  readonly leftOut?: (scale: Scale) => string | undefined
}

/** What can be asked for by name on the command line. */
export interface Part {
  /** The packages whose versions matter, of those that `package.json` lists. */
  readonly packages: readonly string[]
  readonly tables: readonly Table[]
}

/** A table that a quick run has no time for. */
export function notIfQuick(table: Table): Table {
  const leftOut = ({ divisor }: Scale): string | undefined =>
    divisor === SCALES.quick.divisor ? 'a quick run has no time for it' : undefined
  return { ...table, leftOut }
}
