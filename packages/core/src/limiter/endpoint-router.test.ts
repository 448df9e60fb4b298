import { describe, expect, it } from 'vitest'

import { EndpointRouter } from './endpoint-router.ts'

function routerOf(...endpoints: string[]): EndpointRouter<string> {
  const router = new EndpointRouter<string>()
  for (const endpoint of endpoints) router.add(endpoint, endpoint)
  return router
}

describe('EndpointRouter', () => {
  const router = routerOf(
    '/',
    '/api/*',
    'POST /api/*',
    '/api/search',
    'POST /api/auth/login',
    '/api/users/:id',
    '/api/users/me',
    'GET /api/reports',
    '/api/Café',
  )

  it.each([
    ['GET', '/', '/'],
    ['GET', '/api/search', '/api/search'],
    ['POST', '/api/search', '/api/search'],
    ['GET', '/api/other', '/api/*'],
    ['POST', '/api/other/deeper', 'POST /api/*'],
    ['POST', '/api/auth/login', 'POST /api/auth/login'],
    ['GET', '/api/auth/login', '/api/*'],
    ['GET', '/api/users/7', '/api/users/:id'],
    ['GET', '/api/users/me', '/api/users/me'],
    ['GET', '/api/users/7/posts', '/api/*'],
    ['GET', '/elsewhere', undefined],
    ['OPTIONS', '*', undefined],
  ])('%s %s falls under %s', (method, path, endpoint) => {
    expect(router.find(method, path)).toBe(endpoint)
  })

  it.each([
    '/api/search/',
    '/API/Search',
    '//api//search',
    '/api/%73earch',
    '/api/%53%45arch',
    '/api/search?q=1',
    '/api/search?q=/api/users/7',
    '/api/search#top',
    'http://localhost:3000/api/search?q=1',
    'api/search',
  ])('is not evaded by the spelling %s', (path) => {
    expect(router.find('GET', path)).toBe('/api/search')
  })

  it('reads letters beyond ASCII as browsers send them', () => {
    expect(router.find('GET', '/api/caf%C3%A9')).toBe('/api/Café')
    expect(router.find('GET', '/api/caf%c3%a9')).toBe('/api/Café')
    expect(router.find('GET', '/api/CAFÉ')).toBe('/api/Café')
  })

  it.each(['/users/@me', '/a$b', '/a&b', '/a%2Bb', '/a,b', '/a;b', '/a=b'])(
    'reads %s the same where it is encoded and where it is not',
    (endpoint) => {
      const written = routerOf(endpoint)
      const encoded = endpoint.replace(/[@$&,;=]/, encodeURIComponent)
      const decoded = decodeURIComponent(endpoint)
      expect([encoded, encoded.toLowerCase(), decoded].map((path) => written.find('GET', path))).toEqual([
        endpoint,
        endpoint,
        endpoint,
      ])
      expect(written.find('GET', encoded.replace('%', '%25'))).toBeUndefined()
    },
  )

  it('limits HEAD as GET, and knows methods in any case', () => {
    expect(router.find('HEAD', '/api/reports')).toBe('GET /api/reports')
    expect(router.find('get', '/api/reports')).toBe('GET /api/reports')
  })

  it('finds rules for all methods where none is named', () => {
    expect(router.find(undefined, '/api/search')).toBe('/api/search')
    expect(router.find(undefined, '/api/reports')).toBe('/api/*')
  })

  it.each(['/%', '/%zz', '/api/%E0%A4%A', '/api/%ff', '/\uD800', '/..', '/api/..%2f..%2fsearch', '', '?', '#'])(
    'does not stumble over %j',
    (path) => {
      expect(() => [router.find('GET', path), router.findResolved('GET', path)]).not.toThrow()
    },
  )

  it.each([
    ['/api%2Fsearch', undefined, ['/api/search']],
    ['/api%5csearch', undefined, ['/api/search']],
    ['/api\\search', undefined, ['/api/search']],
    ['/api/users/a%2Fb', '/api/users/:id', ['/api/*']],
    ['/api/../elsewhere', '/api/*', []],
    ['/api/./search', '/api/*', ['/api/search']],
    ['/x/../api/search', undefined, ['/api/search']],
    ['/x//../api/search', undefined, ['/api/search']],
    ['/x;/../api/search', undefined, ['/api/search']],
    ['/x%5cy/../api/search', undefined, ['/api/search']],
    ['/x/y\\..\\../api/search', undefined, ['/api/search']],
    ['/x/%2E%2e/api/search', undefined, ['/api/search']],
    ['/../../api/search', undefined, ['/api/search']],
    ['/api/other/..%2fsearch?q=1', '/api/*', ['/api/search']],
    ['/api/search;x=1', '/api/*', ['/api/*', '/api/search']],
    ['/api/users/me;/../7', '/api/*', ['/api/users/:id', '/api/users/me']],
    ['http://localhost/x/../api/search', undefined, ['/api/search']],
    ['/api/search', '/api/search', []],
    ['/api/v1.2', '/api/*', []],
    ['/api/.well-known', '/api/*', []],
  ])('finds what is written, %s, under %s, and resolved under %j', (path, written, resolved) => {
    expect([router.find('GET', path), router.findResolved('GET', path)]).toEqual([written, resolved])
  })

  it.each([
    '',
    'api',
    'POST',
    'POST api',
    'post /api',
    '/a b',
    '/api/:id(\\d+)',
    '/api/:id?',
    '/api{/x}',
    '/a/*/b/*',
    '/api/*splat',
    '/api/x*',
    '/api/**',
    '/api/**:rest',
    'HEAD /x',
  ])('refuses the pattern %j', (endpoint) => {
    expect(() => routerOf(endpoint)).toThrow(expect.objectContaining({ code: 'RL_INVALID_ENDPOINT' }))
  })

  it.each([
    ['/api/users/:id', '/api/users/:name'],
    ['/api/search', '/API/search/'],
    ['GET /x', 'GET /x'],
  ])('refuses a second rule for the same requests: %s and %s', (first, second) => {
    expect(() => routerOf(first, second)).toThrow(expect.objectContaining({ code: 'RL_DUPLICATE_NAME' }))
  })
})
