import { addRoute, createRouter, findRoute } from 'rou3'

import { ConfigError, shown } from '../errors.ts'

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
    if (path.split('/').some((segment) => segment.includes('*') && segment !== '*')) {
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

  /** By the path in each way that a file server may read it, or a router that is not strict. Nothing if there is but one way. */
  findResolved(method: string | undefined, path: string): readonly T[] {
    if (!AMBIGUOUS.test(path)) return []
    const found = readingsOf(path).map((reading) => this.#findRoute(method, canonicalPath(reading)))
    return [...new Set(found)].filter((data) => data !== undefined)
  }

  /** Frameworks answer HEAD by their GET handlers, so HEAD must not be a way round a limit on GET. */
  #findRoute(method: string | undefined, path: string): T | undefined {
    const asked = method?.toUpperCase() ?? ''
    return findRoute(this.#router, asked === 'HEAD' ? 'GET' : asked, path, { params: false })?.data
  }
}

/** What `decodeURI` leaves encoded: all but what means something in a path, or in a pattern. */
const RESERVED = /%(?:24|26|2[bc]|3[bd]|40)/gi
const UNUSUAL = /^[^/]|[^a-z0-9/:*._~-]|\/\//

/**
 * One spelling for all the spellings that some framework routes to the same handler: a limit that `/API//x/`,
 * `/api/%78` or `/api/x?y` evades is no limit. To cover too much only limits requests that nobody serves.
 */
function canonicalPath(path: string): string {
  if (!UNUSUAL.test(path)) return path
  const [bare = ''] = path.replace(/^\w+:\/\/[^/?#]*/, '').split(/[?#]/, 1)
  const decoded = bare.replaceAll(RESERVED, decodeURIComponent).replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
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

/**
 * With dots resolved and encoded slashes decoded: some take a backslash for a slash and some for a letter, and to some a path
 * ends at a semicolon.
 */
function readingsOf(path: string): readonly string[] {
  const [bare = ''] = path.replace(/^\w+:\/\/[^/?#]*/, '').split(/[?#]/, 1)
  const whole = bare.replaceAll(/%2e/gi, '.')
  const [cut = ''] = whole.split(';', 1)
  return [whole, cut].flatMap((text) => [resolved(text.split(/\/|%2f/i)), resolved(text.split(/[/\\]|%2f|%5c/i))])
}

function resolved(segments: readonly string[]): string {
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.' && segment !== '') kept.push(segment)
  }
  return `/${kept.join('/')}`
}

function refuse(message: string): never {
  throw new ConfigError('RL_INVALID_ENDPOINT', message)
}
