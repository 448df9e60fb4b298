/**
 * Each takes a turn, then each does in the opposite order, and so on: a minute in which the machine is slow is slow for all.
 *
 * @param turns Even, so that each is as often early as late.
 */
export async function takeTurns<T>(turns: number, all: readonly T[], take: (one: T) => Promise<void>): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const one of turn % 2 === 0 ? all : all.toReversed()) await take(one)
  }
}
