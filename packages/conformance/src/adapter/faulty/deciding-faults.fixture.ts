import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

import type { RateLimitAnswer, Store } from '@rl/core'

import { but as storeBut } from '../../faulty/faulty-store.fixture.ts'
import type { ServeApp } from '../run-adapter-case.ts'
import type { Faults } from './faults.fixture.ts'
import { answering, but, configured, PASSED } from './node-http.fixture.ts'

/** What is decided is not what is done, or not what was asked, or it is not known what came of it. */
export const decidingFaults: Faults = {
  'serves before it has decided': [
    but(({ decide }) => ({
      async decide(...asked) {
        void decide(...asked)
        return PASSED
      },
    })),
    'admits the quota, and tells how much is left',
    'admits exactly 100 of 200 requests at once',
  ],
  'asks the app also where it denies': [
    but(({ ask, send }) => ({
      send(exchange, answer, denial) {
        if (denial) void ask(exchange, denial.result)
        send(exchange, answer)
      },
    })),
    'asks the app nothing where it denies',
  ],
  'decides once for each socket': [
    but(({ decide }) => {
      const decided = new WeakMap<Socket, Promise<RateLimitAnswer>>()
      return {
        async decide(exchange, facts, middleware) {
          const { socket } = exchange.request
          const answer = decided.get(socket) ?? decide(exchange, facts, middleware)
          decided.set(socket, answer)
          return answer
        },
      }
    }),
    'answers ten requests pipelined on one socket in order, and admits five',
  ],
  'tells everybody what it has decided last': [
    but(({ decide }) => {
      const shared = { ...PASSED }
      return {
        async decide(...asked) {
          Object.assign(shared, await decide(...asked))
          await turn()
          return shared
        },
      }
    }),
    'answers ten requests pipelined on one socket in order, and admits five',
  ],
  'keeps the decision where the next request finds it': [
    but(({ ask, label }) => {
      let last: RateLimitAnswer['result']
      return {
        label(exchange, answer) {
          last = answer.result
          label(exchange, answer)
        },
        async ask(exchange) {
          await turn()
          return ask(exchange, last)
        },
      }
    }),
    'hands every handler its own decision',
  ],
  'hands no decision on': [answering(() => ({ result: undefined })), 'hands the decision to the handler'],
  'hands on a copy that cannot be settled': [
    answering(({ result }) => ({ result: structuredClone({ ...result, settle: undefined }) as never })),
    'gives back what a handler says has not been spent',
  ],
  'reads what is left, and takes it afterwards': [
    counting((store) => ({
      async consume(charges) {
        const verdicts = store.peek(charges)
        await turn()
        store.consume(charges)
        return verdicts
      },
    })),
    'admits exactly 100 of 200 requests at once',
  ],
  'asks for one limit after the other': [
    counting((store) => ({
      consume: (charges) => charges.flatMap((charge) => store.consume([charge])),
    })),
    'spends all limits of a request, or none',
  ],
  'lets attackers in': [
    configured(({ dos: _dos, ...options }) => options),
    'keeps an attacker out, as a problem of its own, and asks the app nothing',
  ],
  'denies for limits in shadow mode': [
    answering(({ allowed, result }) => ({ allowed: allowed && !result?.shadows.some((shadow) => !shadow.allowed) })),
    'tells what a limit in shadow mode would have decided, and denies nobody for it',
  ],
  'waits for a store for ever': [
    configured((options) => ({ ...options, timeoutMs: 2 ** 31 - 1 })),
    'lets requests pass that a store which hangs cannot decide',
    'denies with 503 what a store which hangs cannot decide, where the rule says so',
  ],
  'denies whatever its store cannot decide': [
    configured((options) => ({ ...options, onStoreError: 'deny' })),
    'lets requests pass that a store which hangs cannot decide',
  ],
  'lets pass whatever its store cannot decide': [
    configured((options) => ({ ...options, onStoreError: 'allow' })),
    'denies with 503 what a store which hangs cannot decide, where the rule says so',
  ],

  'never tells what became of a request': [
    but(() => ({ follow() {} })),
    'counts failures only, if told to, and takes a client that goes away for one',
    'counts successes only, if told to, and takes a client that goes away for none',
  ],
  'takes every answer for a success': [
    but(() => ({ follow: ({ response }, responded) => void response.on('close', () => responded(200)) })),
    'counts failures only, if told to, and takes a client that goes away for one',
    'counts successes only, if told to, and takes a client that goes away for none',
  ],
  'takes a client that goes away for a success': [
    but(() => ({
      follow: ({ response }, responded) => void response.on('close', () => responded(response.statusCode)),
    })),
    'counts failures only, if told to, and takes a client that goes away for one',
    'counts successes only, if told to, and takes a client that goes away for none',
  ],
  'takes every answer for a failure': [
    but(() => ({ follow: ({ response }, responded) => void response.on('close', () => responded(undefined)) })),
    'counts failures only, if told to, and takes a client that goes away for one',
    'counts successes only, if told to, and takes a client that goes away for none',
  ],
  'counts successes where it is told to count failures': [
    configured(({ count, ...options }) => ({ ...options, ...(count && { count: 'successes' }) })),
    'counts failures only, if told to, and takes a client that goes away for one',
  ],
  'stops at the first client that goes away': [
    but(({ facts }) => ({
      facts(exchange) {
        const { request, response } = exchange
        const { server } = request.socket as Socket & { readonly server: { close(): void } }
        response.on('close', () => response.writableFinished || server.close())
        return facts(exchange)
      },
    })),
    'survives clients that go away',
  ],
  'charges anew for a client that has gone away': [
    but(({ decide }) => ({
      async decide(exchange, facts, middleware) {
        const { request, response } = exchange
        response.on('close', () => response.writableFinished || void middleware.processRequest(facts, request))
        return decide(exchange, facts, middleware)
      },
    })),
    'survives clients that go away',
  ],
}

/** Counts in another way. */
function counting(change: Parameters<typeof storeBut>[0]): ServeApp {
  const store = storeBut(change)
  return configured((options) => ({ ...options, store: store({ clock: Date.now }) as Store }))
}
