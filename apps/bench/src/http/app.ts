import { once } from 'node:events'
import type { Server } from 'node:http'

import type { HeaderFormat } from '@rl/core'

import type { Quota } from '../contender.ts'

/** A server that says hello, with something before it, or nothing. */
export interface App {
  readonly name: string
  /** What it is to show: what the framework's users mostly take, ours, or what ours takes to send further fields. @default a floor */
  readonly role?: 'usual' | 'ours' | 'further fields'
  /** Whether anything limits it. @default true */
  readonly decides?: boolean
  /** Header fields that its answers are to have. */
  readonly fields: readonly string[]
  /** On a free port. */
  readonly listen: (quota: Quota, host: string) => Promise<Server>
}

export const HOST = '127.0.0.1'
/** Where Node listens unless it is told where: for IPv6, and for IPv4 by addresses that are mapped into it. */
export const DUAL_STACK = '::'
export const HELLO = 'hello'

export const LEGACY_FIELDS = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'] as const
const DRAFT_6_FIELDS = ['ratelimit-policy', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'] as const
const LATER_FIELDS = ['ratelimit-policy', 'ratelimit'] as const

/** The base: a middleware as one writes it by hand. */
export const MAP = '`Map` middleware'
/** The same in another process, which shows how far two processes that run the same code are apart. */
export const MAP_AGAIN = '`Map` middleware, again'

/** The floor for what keeps the contracts of ours. */
export const BY_CONTRACT = '`Map`, by the contracts of ours'

/** In which forms ours tells clients where they stand: the three fields that all have, and each further form beside them. */
export const FORMATS: readonly {
  readonly name: string
  readonly role: NonNullable<App['role']>
  readonly formats: readonly HeaderFormat[]
  readonly fields: readonly string[]
}[] = [
  { name: '**ours**', role: 'ours', formats: ['legacy'], fields: LEGACY_FIELDS },
  {
    name: '**ours**, and draft-6',
    role: 'further fields',
    formats: ['legacy', 'draft-6'],
    fields: [...LEGACY_FIELDS, ...DRAFT_6_FIELDS],
  },
  {
    name: '**ours**, and draft-7',
    role: 'further fields',
    formats: ['legacy', 'draft-7'],
    fields: [...LEGACY_FIELDS, ...LATER_FIELDS],
  },
  {
    name: '**ours**, and draft-11',
    role: 'further fields',
    formats: ['legacy', 'draft-11'],
    fields: [...LEGACY_FIELDS, ...LATER_FIELDS],
  },
]

export async function listening(server: Server): Promise<Server> {
  if (!server.listening) await once(server, 'listening')
  return server
}
