import type { Reservation } from '@rl/core'

/** What the app behind the middleware answers. */
export interface AppAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Fields by the names of those that adapters send. */
const OWN_FIELDS = { 'x-ratelimit-limit': '7', ratelimit: '"own";r=7;t=7' }

/** How often each handler has been asked that is asked by name. */
const visits = new Map<string, number>()

/**
 * The whole app behind the middleware: what its one handler answers to every method under `/app/`.
 *
 * @param path The path of the request.
 * @param result The decision, as the adapter hands it to a handler.
 *
 * @example
 * ```ts
 * import { respond } from '@rl/conformance/app'
 *
 * const { status, headers, body } = await respond('/app/hello', undefined)
 * ```
 */
export async function respond(path: string, result: unknown): Promise<AppAnswer> {
  const [what, which = ''] = path.split('/').slice(2)
  const headers = { 'x-app': 'yes' }
  if (what === 'visit') visits.set(which, (visits.get(which) ?? 0) + 1)
  if (what === 'visits') return { status: 200, headers, body: String(visits.get(which) ?? 0) }
  if (what === 'settle') await (result as Pick<Reservation, 'settle'>).settle(Number(which))
  if (what === 'hang') await new Promise<never>(() => {})
  if (what === 'error') throw new Error('the own error of the app')
  if (what === 'decision') return { status: 200, headers, body: JSON.stringify(result ?? null) }
  if (what === 'fields') return { status: 200, headers: { ...headers, ...OWN_FIELDS }, body: 'hello' }
  return { status: what === 'status' ? Number(which) : 200, headers, body: 'hello' }
}

/**
 * What the app's error handler answers: 500, and which error it was in the field `x-error`.
 *
 * @example
 * ```ts
 * import { respondToError } from '@rl/conformance/app'
 *
 * const { status, headers } = respondToError(new Error('the reason'))
 * ```
 */
export function respondToError(error: unknown): AppAnswer {
  const { code, message } = error as { readonly code?: string; readonly message: string }
  return { status: 500, headers: { 'x-error': code ?? message }, body: 'error' }
}
