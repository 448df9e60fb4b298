import type { RequestListener } from 'node:http'

import type { Store } from '@rl/core'

import { expressApp } from './express-app.ts'
import { fastifyApp } from './fastify-app.ts'
import { honoApp } from './hono-app.ts'

type CreateApp = (store: Store) => Promise<RequestListener>

const FRAMEWORKS = { express: expressApp, fastify: fastifyApp, hono: honoApp } as const satisfies Record<
  string,
  CreateApp
>

/** The demo's API on the framework that `FRAMEWORK` names. */
export function createAppFrom(framework = 'express'): CreateApp {
  if (Object.hasOwn(FRAMEWORKS, framework)) return FRAMEWORKS[framework as keyof typeof FRAMEWORKS]
  throw new RangeError(`Expected FRAMEWORK to be one of ${Object.keys(FRAMEWORKS).join(', ')}, got \`${framework}\``)
}
