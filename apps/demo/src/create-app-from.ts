import type { RequestListener } from 'node:http'

import type { DosGuard } from '@rl/core'

import type { DemoLimiter } from './create-limiter.ts'
import { expressApp } from './express-app.ts'
import { fastifyApp } from './fastify-app.ts'
import { honoApp } from './hono-app.ts'

type CreateApp = (limiter: DemoLimiter, dos: DosGuard) => Promise<RequestListener>

const FRAMEWORKS = { express: expressApp, fastify: fastifyApp, hono: honoApp } as const satisfies Record<
  string,
  CreateApp
>

/** The framework that `FRAMEWORK` names, and the demo's API on it. */
export function createAppFrom(framework = 'express'): { readonly framework: string; readonly createApp: CreateApp } {
  if (Object.hasOwn(FRAMEWORKS, framework)) {
    return { framework, createApp: FRAMEWORKS[framework as keyof typeof FRAMEWORKS] }
  }
  throw new RangeError(`Expected FRAMEWORK to be one of ${Object.keys(FRAMEWORKS).join(', ')}, got \`${framework}\``)
}
