import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** What answers, by method and path: `GET /health`. */
export type Routes = Readonly<Record<string, Route>>

/** Sends each request to its route, and all others to the listener behind. A route for GET answers HEAD too. */
export function routed(routes: Routes, others: RequestListener): RequestListener {
  const byName = new Map(Object.entries(routes))
  return function route(request, response) {
    const { method, url = '' } = request
    const [path] = url.split('?', 1)
    const own = byName.get(`${method === 'HEAD' ? 'GET' : method} ${path}`)
    if (!own) return others(request, response)
    // Nobody is left to be told, such as when a client breaks off in the middle of its request.
    const answer = async (): Promise<void> => own(request, response)
    answer().catch(() => response.destroy())
    return undefined
  }
}
