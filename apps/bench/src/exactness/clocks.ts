import { setTimeout } from 'node:timers/promises'

/** What time it is for a contender, in milliseconds, and how to let it pass. */
export interface Clock {
  readonly now: () => number
  readonly until: (time: number) => Promise<void>
}

/** Time passes by itself. */
export const realClock: Clock = {
  now: () => performance.now(),
  until: async (time) => {
    await setTimeout(Math.max(0, time - performance.now()))
  },
}

/** From now on, time passes in this process only where it is told to, for whoever asks Node for it. */
export function virtualClock(): Clock {
  let now = Math.floor(Date.now() / 1000) * 1000
  const read = (): number => now
  Date.now = read
  performance.now = read
  return {
    now: read,
    until: async (time) => {
      now = time
    },
  }
}
