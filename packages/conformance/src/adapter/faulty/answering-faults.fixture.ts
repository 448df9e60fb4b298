import type { HeaderFields, RateLimitAnswer } from '@rl/core'

import type { AppAnswer } from '../respond.ts'
import type { ServeApp } from '../run-adapter-case.ts'
import type { Faults } from './faults.fixture.ts'
import { answering, but, configured } from './node-http.fixture.ts'

/** The decision is right, and the answer is not. */
export const answeringFaults: Faults = {
  'sets its fields on denials only': [
    answering(({ allowed, headers }) => ({ headers: allowed ? {} : headers })),
    'admits the quota, and tells how much is left',
    'leaves the own errors of the app to its error handler',
  ],
  'sets its fields on answers of the app only': [
    answering(({ allowed, headers }) => ({ headers: allowed ? headers : {} })),
    'admits the quota, and tells how much is left',
    'denies with a problem that is not to be kept',
  ],
  'sends the fields that it always sends': [
    configured(({ headers: _headers, ...options }) => options),
    'sends the forms of header fields that it is told to',
    'sends no fields, and no time to wait, where it is told to send none',
    'sends fields in older forms that a strict parser reads, admitted or denied',
  ],
  'tells of one limit only': [
    rewriting(/^ratelimit/, (value) => value.split(', ', 1)[0]!),
    'lists five windows of one rule in order, with exact numbers',
    'sends the forms of header fields that it is told to',
  ],
  'sorts limits by their names': [
    rewriting(/^ratelimit/, (value) => value.split(', ').toSorted().join(', ')),
    'lists five windows of one rule in order, with exact numbers',
  ],
  'writes names without quotes': [
    rewriting(/^ratelimit/, (value) => value.replaceAll('"', '')),
    'sends fields that a strict parser reads, admitted or denied',
  ],
  'writes keys as they are': [
    rewriting(/^ratelimit/, (value) => value.replaceAll(/pk=:([^:]*):/g, 'pk=$1')),
    'sends fields that a strict parser reads, admitted or denied',
  ],
  'parts the members of a field by semicolons': [
    rewriting(/^ratelimit/, (value) => value.replaceAll(', ', '; ')),
    'sends fields in older forms that a strict parser reads, admitted or denied',
  ],
  'tells of limits where there are none': [
    answering(({ headers, result }) => ({
      headers: result?.policy === undefined ? { 'x-ratelimit-limit': 'Infinity', ...headers } : headers,
    })),
    'says nothing where nothing limits',
    'lets in who is on the allow list, and denies with 403 who is on the deny list',
  ],
  'does not say how long to wait': [
    without('retry-after'),
    'admits the quota, and tells how much is left',
    'denies with 503 what a store which hangs cannot decide, where the rule says so',
  ],
  'rounds the time to wait down': [
    answering(({ headers, result }) => {
      const wait = String(Math.floor((result?.retryAfterMs ?? 0) / 1000))
      return { headers: headers['retry-after'] === undefined ? headers : { ...headers, 'retry-after': wait } }
    }),
    'admits whoever waits as long as it says',
  ],
  'lets denials be kept': [
    without('cache-control'),
    'denies with a problem that is not to be kept',
    'refuses an address that is none with 400',
  ],
  'denies with 403': [
    answering(({ allowed, statusCode }) => ({ statusCode: allowed ? statusCode : 403 })),
    'denies with a problem that is not to be kept',
    'refuses an address that is none with 400',
  ],
  'denies in plain text': [
    answering(({ allowed, headers, message }) =>
      allowed ? {} : { headers: { ...headers, 'content-type': 'text/plain' }, body: message },
    ),
    'denies with a problem that is not to be kept',
    'answers a denial in the type that the client likes best',
  ],
  'does not read what types the client likes': [
    but(({ adapter }) => ({ adapter: { ...adapter, headerOf: () => undefined } })),
    'answers a denial in the type that the client likes best',
  ],
  'says plain text of a problem': [
    answering(({ allowed, headers }) => (allowed ? {} : { headers: { ...headers, 'content-type': 'text/plain' } })),
    'denies with a problem that is not to be kept',
  ],
  'answers HEAD with a body': [
    but(({ send }) => ({
      send(exchange, answer) {
        const { request, response } = exchange
        send(exchange, answer)
        if (request.method === 'HEAD') response.socket?.end('hello')
      },
    })),
    'counts HEAD as GET',
  ],

  'sets its fields after the app': [
    sending((answer, fields) => ({ ...answer, headers: { ...answer.headers, ...fields } })),
    'leaves fields as they are that the app sets itself',
  ],
  'adds its fields to those of the app': [
    sending((answer, fields) => ({
      ...answer,
      headers: Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [
          name,
          fields[name] ? `${value}, ${fields[name]}` : value,
        ]),
      ),
    })),
    'leaves fields as they are that the app sets itself',
  ],
  'answers 200 for the app': [
    sending((answer) => ({ ...answer, status: 200 })),
    'leaves the own answers of the app as they are',
  ],
  'lets nothing be kept that the app answers': [
    sending((answer) => ({ ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' } })),
    'leaves the own answers of the app as they are',
  ],
  'answers the own errors of the app': [
    but(({ ask }) => ({
      ask: async (...asked) => ask(...asked).catch(() => ({ status: 500, headers: {}, body: 'Internal Server Error' })),
    })),
    'leaves the own errors of the app to its error handler',
  ],
}

/** Leaves a field out. */
function without(field: string): ServeApp {
  return answering(({ headers: { [field]: _left, ...headers } }) => ({ headers }))
}

/** Writes fields in another way. */
function rewriting(fields: RegExp, change: (value: string) => string): ServeApp {
  return answering(({ headers }) => ({
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, fields.test(name) ? change(value) : value]),
    ),
  }))
}

/** Sends something else than the app has answered, who knows of the fields beside it. */
function sending(change: (answer: AppAnswer, fields: HeaderFields) => AppAnswer): ServeApp {
  return but(({ send }) => ({
    send(exchange, answer, denial?: RateLimitAnswer) {
      const fields = Object.fromEntries(
        Object.entries(exchange.response.getHeaders()).map(([name, value]) => [name, String(value)]),
      )
      send(exchange, denial ? answer : change(answer, fields))
    },
  }))
}
