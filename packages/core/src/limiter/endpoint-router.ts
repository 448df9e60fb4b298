import { addRoute, createRouter, findRoute } from 'rou3'

import { ConfigError, shown } from '../errors.ts'

const WILDCARD = /^(?:\*|\*\*(?::\w+)?)$/
const ENDPOINT = /^(?:(?<method>[A-Z]+) )?(?<path>\/[^\s(){}?+\\]*)$/

/** Finds what is registered for the endpoint of a request: the most specific path wins, then a rule for the method. */
export class EndpointRouter<T> {
  readonly #router = createRouter<T>()
  readonly #shapes = new Set<string>()

  /**
   * Registers an endpoint: a path, with or without a method before it, such as `POST /api/reports`, `/api/users/:id`
   * or `/api/*`.
   *
   * @throws {ConfigError} `RL_INVALID_ENDPOINT`, `RL_DUPLICATE_NAME`
   */
  add(endpoint: string, data: T): void {
    const { method = '', path } = ENDPOINT.exec(endpoint)?.groups ?? {}
    if (path === undefined) {
      refuse(
        `Expected an endpoint such as \`POST /api/reports\`, \`/api/users/:id\` or \`/api/*\`, got ${shown(endpoint)}`,
      )
    }
    if (method === 'HEAD') refuse(`Expected no rule for HEAD, which is limited as GET is, got ${shown(endpoint)}`)
    if (path.split('/').some((segment) => segment.includes('*') && !WILDCARD.test(segment))) {
      refuse(`Expected \`*\` to be a whole segment of an endpoint, such as \`/api/*\`, got ${shown(endpoint)}`)
    }
    const route = canonicalPath(path)
    const shape = `${method} ${route.replaceAll(/:\w+/g, ':').replace(/(?<=.)\/$/, '')}`
    if (this.#shapes.has(shape)) {
      throw new ConfigError(
        'RL_DUPLICATE_NAME',
        `Expected one rule for each endpoint, got a second for ${shown(endpoint)}`,
      )
    }
    this.#shapes.add(shape)
    try {
      addRoute(this.#router, method, route, data)
    } catch (cause) {
      refuse(`Expected an endpoint pattern, got ${shown(endpoint)}: ${(cause as Error).message}`)
    }
  }

  get isEmpty(): boolean {
    return this.#shapes.size === 0
  }

  /** By the path as it is written. */
  find(method: string | undefined, path: string): T | undefined {
    return this.#findRoute(method, canonicalPath(path))
  }

  /**
   * By the path as a file server reads it, or a router that is not strict: with dots resolved, encoded slashes decoded, and
   * without what follows a semicolon. Nothing if that makes no difference.
   */
  findResolved(method: string | undefined, path: string): T | undefined {
    return AMBIGUOUS.test(path) ? this.#findRoute(method, canonicalPath(resolvedPath(path))) : undefined
  }

  /** Frameworks answer HEAD by their GET handlers, so HEAD must not be a way round a limit on GET. */
  #findRoute(method: string | undefined, path: string): T | undefined {
    const asked = method?.toUpperCase() ?? ''
    return findRoute(this.#router, asked === 'HEAD' ? 'GET' : asked, path, { params: false })?.data
  }
}

const UNUSUAL = /^[^/]|[^a-z0-9/:*._~-]|\/\//

/**
 * One spelling for all the spellings that some framework routes to the same handler: a limit that `/API//x/`,
 * `/api/%78` or `/api/x?y` evades is no limit. To cover too much only limits requests that nobody serves.
 */
function canonicalPath(path: string): string {
  if (!UNUSUAL.test(path)) return path
  const [bare = ''] = path.replace(/^\w+:\/\/[^/?#]*/, '').split(/[?#]/, 1)
  const decoded = bare.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURI(run)
    } catch {
      return run
    }
  })
  const encoded = encodeURI(decoded.toWellFormed().toLowerCase()).replaceAll('%25', '%')
  return `/${encoded}`.replaceAll(/\/{2,}/g, '/')
}

const AMBIGUOUS = /%2[ef]|%5c|[;\\]|\/\.{1,2}(?:[/?#]|$)/i

function resolvedPath(path: string): string {
  const [bare = ''] = path.replace(/^\w+:\/\/[^/?#]*/, '').split(/[?#;]/, 1)
  const segments: string[] = []
  for (const segment of bare.replaceAll(/%2e/gi, '.').split(/\/|\\|%2f|%5c/i)) {
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

function refuse(message: string): never {
  throw new ConfigError('RL_INVALID_ENDPOINT', message)
}
