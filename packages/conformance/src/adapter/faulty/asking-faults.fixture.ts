import { isIP } from 'node:net'

import { RateLimitingMiddleware } from '@rl/core'

import type { Faults } from './faults.fixture.ts'
import { answering, but, configured, PASSED, telling } from './node-http.fixture.ts'
import type { Options } from './node-http.fixture.ts'

/** Who is asking, for what, at which cost, is got wrong. */
export const askingFaults: Faults = {
  'trusts X-Forwarded-For whatever it is told': [
    telling(({ ip }, { request }) => ({ ip: request.headers['x-forwarded-for']?.toString() ?? ip })),
    'takes no address from fields that anybody can write',
    'warns once of a proxy that is not trusted',
  ],
  'takes the proxy for the client though it is trusted': [
    telling((_, { request }) => ({ ip: request.socket.remoteAddress })),
    'takes the address from the proxy that is trusted',
    'lets in who is on the allow list, and denies with 403 who is on the deny list',
    'refuses an address that is none with 400',
  ],
  'tells clients apart by their sockets': [
    telling((_, { request }) => ({ ip: `2001:db8:0:${request.socket.remotePort!.toString(16)}::` })),
    'admits the quota, and tells how much is left',
    'admits exactly 100 of 200 requests at once',
  ],
  'takes all addresses for one that are none': [
    telling(({ ip = '' }) => ({ ip: isIP(ip) ? ip : '0.0.0.0' })),
    'refuses an address that is none with 400',
  ],
  'does not tell the method': [telling(() => ({ method: undefined })), 'counts HEAD as GET'],
  'does not tell the endpoint': [
    telling(() => ({ endpoint: undefined })),
    'counts HEAD as GET',
    'spends all limits of a request, or none',
  ],
  'does not tell who is at the other end of the socket': [
    but(({ adapter }) => ({ adapter: { ...adapter, peerOf: () => undefined } })),
    'warns once of a proxy that is not trusted',
  ],
  'makes a middleware for each request': [
    but(({ adapter, decide }) => {
      let last: Options
      return {
        options: (options) => (last = options),
        decide: async (exchange, facts) => decide(exchange, facts, new RateLimitingMiddleware(last, adapter)),
      }
    }),
    'warns once of a proxy that is not trusted',
  ],
  'limits GET only': [
    but(({ decide }) => ({
      decide: async (exchange, facts, middleware) =>
        facts.method === 'GET' ? decide(exchange, facts, middleware) : PASSED,
    })),
    'limits every method',
    'counts HEAD as GET',
  ],
  'limits only what a route answers': [
    but(({ decide }) => ({
      decide: async (exchange, facts, middleware) =>
        facts.endpoint?.startsWith('/app/') ? decide(exchange, facts, middleware) : PASSED,
    })),
    'limits what no route answers',
  ],
  'does not ask who it is': [
    configured(({ identify: _identify, ...options }) => options),
    'says nothing where nothing limits',
    'spends all limits of a request, or none',
    'lets in who is on the allow list, and denies with 403 who is on the deny list',
  ],
  'charges 1 for everything': [
    configured((options) => ({ ...options, cost: 1 })),
    'charges what a request costs',
    'lets nothing on whose cost is no number',
    'gives back what a handler says has not been spent',
  ],
  'takes a cost that is no number for 0': [
    configured((options) => ({
      ...options,
      cost: async (request) => {
        const { cost = 1 } = options
        return (typeof cost === 'function' ? await cost(request) : cost) || 0
      },
    })),
    'lets nothing on whose cost is no number',
  ],
  'lets pass what cannot be decided': [
    but(({ decide }) => ({
      decide: async (...asked) => decide(...asked).catch(() => PASSED),
    })),
    'lets nothing on whose cost is no number',
  ],
  'skips nothing': [configured(({ skip: _skip, ...options }) => options), 'skips what it is told to'],
  'knows of no lists': [
    configured(({ allow: _allow, deny: _deny, ...options }) => options),
    'lets in who is on the allow list, and denies with 403 who is on the deny list',
  ],
  'denies those on the deny list as if they had asked too much': [
    answering(({ statusCode }) => ({ statusCode: statusCode === 403 ? 429 : statusCode })),
    'lets in who is on the allow list, and denies with 403 who is on the deny list',
  ],
}
