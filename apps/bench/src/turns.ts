/** How many each takes in a round: even, so that each is as often early as late. */
export const TURNS = 10

/**
 * Each takes a turn, then each does in the opposite order, and so on: a minute in which the machine is slow is slow for all.
 */
export async function takeTurns<T>(turns: number, all: readonly T[], take: (one: T) => Promise<void>): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const one of turn % 2 === 0 ? all : all.toReversed()) await take(one)
  }
}
