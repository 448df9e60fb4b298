import type { Ask } from '../contender.ts'
import type { Clock } from './clocks.ts'

/** When a client asks, in milliseconds from its first request on. */
interface Schedule {
  readonly key: string
  readonly first: number
  readonly second: number
}

/** Requests sent one after the other, and how many were admitted. */
interface Burst {
  readonly sent: number
  readonly answered: number
  readonly admitted: number
}

const BURST = 200
const GOES = 3
const SECOND = 1000
/** Between two schedules on a virtual clock: all windows are over. */
const PAUSE = 10 * SECOND
const OFFSETS = [0, 1, 100, 200, 300, 400, 500, 600, 700, 800, 900, 999]

/** A request, then two bursts, the second up to a second after the first: at every tenth, and right at the edges. */
const SCHEDULES: readonly Schedule[] = OFFSETS.flatMap((first) =>
  OFFSETS.slice(1).map((gap) => ({ key: `edge:${first}:${gap}`, first, second: first + gap })),
)

/** The most that is admitted within one second, one schedule after the other. */
export async function worstSecond(ask: Ask, clock: Clock): Promise<number> {
  let worst = 0
  for (const schedule of SCHEDULES) {
    worst = Math.max(worst, most(await follow(schedule, ask, clock)))
    await clock.until((Math.floor(clock.now() / SECOND) + 1) * SECOND + PAUSE)
    // One that goes by another clock has seen no time pass, and would look better than it is.
    if ((await ask([schedule.key])) === 0) throw new Error('This contender does not go by the clock that is turned')
  }
  return worst
}

/**
 * The same for a clock that does not wait for anybody: side by side, only the schedules whose first burst is late, so that the
 * bursts stay short, and several times, since a machine that is busy stretches them all the same.
 */
export async function worstSecondAtOnce(ask: Ask, clock: Clock): Promise<number> {
  const late = SCHEDULES.filter(({ first }) => first >= 900)
  let worst = 0
  for (let go = 1; go <= GOES; go++) {
    const schedules = late.map((schedule) => ({ ...schedule, key: `${schedule.key}:${go}` }))
    const all = await Promise.all(schedules.map((schedule) => follow(schedule, ask, clock)))
    worst = Math.max(worst, ...all.map(most))
  }
  return worst
}

async function follow({ key, first, second }: Schedule, ask: Ask, clock: Clock): Promise<readonly Burst[]> {
  const start = clock.now()
  const bursts: Burst[] = []
  for (const [at, requests] of [
    [0, 1],
    [first, BURST],
    [second, BURST],
  ] as const) {
    await clock.until(start + at)
    const sent = clock.now()
    const admitted = await ask(Array.from({ length: requests }, () => key))
    bursts.push({ sent, answered: clock.now(), admitted })
  }
  return bursts
}

/** Of bursts that were wholly within one second, and nothing of others: it may have been more, and never less. */
function most(bursts: readonly Burst[]): number {
  const sums = bursts.map(({ sent }, i) =>
    bursts.slice(i).reduce((sum, { answered, admitted }) => sum + (answered < sent + SECOND ? admitted : 0), 0),
  )
  return Math.max(...sums)
}
