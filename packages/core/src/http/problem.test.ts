import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { listedResult } from '../limiter/result.ts'
import { denialOf } from './problem.ts'
import type { ProblemReason } from './problem.ts'

const result = listedResult('deny')

describe('a denial', () => {
  it.each<[ProblemReason, number, string]>([
    ['quota-exceeded', 429, 'https://iana.org/assignments/http-problem-types#quota-exceeded'],
    ['temporary-reduced-capacity', 503, 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity'],
    ['deny-list', 403, 'about:blank'],
    ['invalid-address', 400, 'about:blank'],
  ])('for %s has status %i and a type', (reason, status, type) => {
    const { statusCode, headers, body } = denialOf(reason, { result })
    expect([statusCode, JSON.parse(body)]).toEqual([status, expect.objectContaining({ status, type })])
    expect(headers).toEqual({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
  })

  it.each([
    [undefined, 'application/problem+json'],
    ['*/*', 'application/problem+json'],
    ['application/json', 'application/json'],
    ['application/problem+json, application/json', 'application/problem+json'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/*', 'text/plain; charset=utf-8'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/problem+json'],
    ['text/plain;q=0.5, application/json;q=0.4', 'text/plain; charset=utf-8'],
    ['image/png', 'application/problem+json'],
    ['', 'application/problem+json'],
  ])('to a client that accepts %s is %s, each time', (accept, type) => {
    for (let i = 0; i < 2; i++)
      expect(denialOf('quota-exceeded', { result, accept }).headers['content-type']).toBe(type)
  })

  it('does not weigh what no client sends', () => {
    const accept = (images: number) => `${'image/png,'.repeat(images)}text/plain`
    const typeFor = (images: number) =>
      denialOf('quota-exceeded', { result, accept: accept(images) }).headers['content-type']
    expect([typeFor(29), typeFor(30)]).toEqual(['text/plain; charset=utf-8', 'application/problem+json'])
  })

  it('is what the application wants to say, in plain text too', () => {
    const message = 'Slow down.'
    expect(denialOf('quota-exceeded', { result, message, accept: 'text/plain' }).body).toBe(message)
    expect(JSON.parse(denialOf('quota-exceeded', { result, message }).body)).toMatchObject({ detail: message })
  })

  it('is answered whatever the client says that it accepts', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('*', '/', ';', 'q=', ',', 'a', '1') })),
        (accept) => {
          expect(denialOf('quota-exceeded', { result, accept }).statusCode).toBe(429)
        },
      ),
      { numRuns: 10_000 },
    )
  })
})
