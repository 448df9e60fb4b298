import { parseLimit } from './parse-limit.ts'
import { parseRate } from './rate.ts'
import type { Rate, RateParts } from './rate.ts'

export const good: Rate[] = [
  '10 per minute',
  '5 per 5 minutes',
  '100/hour',
  '1000 per 30 days',
  '0 per minute',
  '7/250 ms',
]

const quota = 10 as number
export const computed: Rate = `${quota} per minute`

export const parts: RateParts = parseRate('10 per minute')

// @ts-expect-error no such unit
parseLimit('10 per fortnight')
// @ts-expect-error a rate needs a window
parseLimit('10')
// @ts-expect-error a rate needs a number
parseLimit('ten per minute')
// @ts-expect-error a limit is limited
parseLimit({ rate: 'unlimited' })
// @ts-expect-error no such algorithm
parseLimit({ rate: '10 per minute', algorithm: 'leaky-bucket' })
