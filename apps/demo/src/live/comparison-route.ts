import { answerJson } from './answer-json.ts'
import { ARRIVALS } from './arrivals.ts'
import { compareOn } from './comparison.ts'
import type { Route } from './routed.ts'

/** Answers `?arrivals=` with what every algorithm makes of them. */
export const comparisonRoute: Route = function comparisonRoute({ url = '' }, response) {
  const arrivals = new URL(url, 'http://localhost').searchParams.get('arrivals') ?? ''
  if (Object.hasOwn(ARRIVALS, arrivals)) answerJson(response, 200, compareOn(arrivals as keyof typeof ARRIVALS))
  else answerJson(response, 400, { error: `Expected \`arrivals\` to be one of ${Object.keys(ARRIVALS).join(', ')}` })
}
